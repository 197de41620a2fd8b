import polars as pl

from cdrpipe.mediation.hangup_cause import (
    Q850_OF_DISPOSITION,
    Q850_OF_NAME,
    causes_of_names,
    causes_of_numbers,
)


def test_standard_names_have_their_q850_numbers_and_a_switch_s_own_have_none() -> None:
    names = pl.Series(["NORMAL_CLEARING", "USER_BUSY", "NO_ANSWER", "ORIGINATOR_CANCEL", "", None])
    assert causes_of_names(names, Q850_OF_NAME).to_list() == [16, 17, 19, None, None, None]


def test_dispositions_name_the_nearest_cause() -> None:
    names = pl.Series(["ANSWERED", "BUSY", "NO ANSWER", "CONGESTION", "FAILED"])
    assert causes_of_names(names, Q850_OF_DISPOSITION).to_list() == [16, 17, 19, 42, None]


def test_numbers_outside_q850_are_no_causes() -> None:
    assert causes_of_numbers(pl.Series(["16", "127", "487", "0", "x", None])).to_list() == [
        16, 127, None, None, None, None,
    ]  # fmt: skip
