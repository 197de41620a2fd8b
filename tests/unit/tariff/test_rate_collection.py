import pytest

from cdrpipe.errors import TariffError
from cdrpipe.tariff.rate_deck import parse_rate_plan

HEAD = """id = "p"
valid_from = 2026-01-01
[[band]]
name = "day"
from = "08:00"
until = "18:00"
[[band]]
name = "noon"
from = "12:00"
until = "14:00"
[[band]]
name = "night"
from = "18:00"
until = "08:00"
[[zone]]
name = "south"
provinces = ["广东", "广西"]
[[zone]]
name = "delta"
areas = ["0755"]
[[zone]]
name = "north"
provinces = ["北京"]
"""
FIRST_LINE = HEAD.count("\n") + 1


def plan_of(*matchers: str, head: str = HEAD) -> str:
    rates = (
        f'[[rate]]\nparty = "enterprise"\nprice_per_minute = 1\nincrement = 60\n{each}\n'
        for each in matchers
    )
    return head + "".join(rates)


def lines_of(*matchers: str, head: str = HEAD) -> list[tuple[int, str]]:
    """Give the faults: which of the rates they stand at, from 0, and what they say."""
    with pytest.raises(TariffError) as caught:
        parse_rate_plan(plan_of(*matchers, head=head), file="p.toml")
    lines = [int(fault.where.removeprefix("p.toml:")) for fault in caught.value.faults]
    size = plan_of(matchers[0], head="").count("\n")
    messages = [fault.message for fault in caught.value.faults]
    return [((line - FIRST_LINE) // size, text) for line, text in zip(lines, messages, strict=True)]


@pytest.mark.parametrize(
    "matchers",
    [
        ('band = "day"', 'band = "night"', ""),
        ('band = "day"\nprefix = "86"', 'band = "noon"\nprefix = "867"'),
        ('zone = "south"', 'zone = "north"', ""),
        ('zone = "south"\nprefix = "86"', 'zone = "delta"\nprefix = "867"'),
        ('zone = "south"', 'zone = "delta"\nrelation = "local"'),
        ('calling_area = "0755"', 'calling_area = "010"', 'calling_province = "广东"'),
    ],
)
def test_rates_of_which_one_wins_stand_together(matchers: tuple[str, ...]) -> None:
    [version] = parse_rate_plan(plan_of(*matchers), file="p.toml")
    assert len(version.rates) == len(matchers)


def test_bands_of_one_group_that_overlap_at_one_priority_are_refused() -> None:
    message = (
        'the bands "day" and "noon" of these rates overlap, on 2000-01-01 for one, and have the '
        f"same priority: see line {FIRST_LINE}"
    )
    assert lines_of('band = "day"', 'band = "noon"', 'band = "night"') == [(1, message)]


def test_a_priority_settles_which_band_wins() -> None:
    head = HEAD.replace('name = "noon"', 'name = "noon"\npriority = 1')
    [version] = parse_rate_plan(plan_of('band = "day"', 'band = "noon"', head=head), file="p")
    assert [band.priority for band in version.bands] == [0, 1, 0]


def test_zones_that_share_a_call_are_refused_in_any_band() -> None:
    message = (
        f'the zones "south" and "delta" of these rates share region 440755: see line {FIRST_LINE}'
    )
    assert lines_of('zone = "south"\nband = "day"', 'zone = "delta"\nband = "night"') == [
        (1, message)
    ]


def test_rates_alike_in_all_but_the_price_are_refused() -> None:
    [(rate, message)] = lines_of('band = "day"', 'band = "night"', 'band = "day"')
    assert rate == 2
    assert message == f"this rate matches the same calls as the one in line {FIRST_LINE}"


def test_the_id_of_free_calls_is_taken() -> None:
    assert lines_of('id = "free"') == [(0, 'rate id "free" is what the calls of free numbers get')]


def priced_per(first: str, second: str, *, option: str) -> str:
    """A rate and the one in its band "day", each with prices per its own odd time."""
    return (
        HEAD.replace("2026-01-01\n", f'2026-01-01\nband_option = "{option}"\n', 1)
        + f'[[rate]]\nparty = "enterprise"\nprice = 1\nper = "{first}"\nincrement = 60\n'
        + f'[[rate]]\nparty = "enterprise"\nprice = 1\nper = "{second}"\nincrement = 60\n'
        + 'band = "day"\n'
    )


# Without a common divisor: each alone is a small denominator, their product is above 2^62 / 10^6.
ODD = "19999999ms", "17777771ms"


def test_rates_that_one_call_may_pass_through_add_up_exactly_or_are_refused_with_the_line() -> None:
    with pytest.raises(TariffError) as caught:
        parse_rate_plan(priced_per(*ODD, option="split"), file="p.toml")
    [fault] = caught.value.faults
    # One line more than HEAD has, and the second rate begins five lines behind the first.
    assert (fault.where, fault.code) == (f"p.toml:{FIRST_LINE + 1 + 5}", "PRICES_INEXACT")
    assert f"the one in line {FIRST_LINE + 1} have no common multiple" in fault.message


def test_rates_of_which_one_call_meets_only_one_need_no_common_unit() -> None:
    parse_rate_plan(priced_per(*ODD, option="by_start"), file="p.toml")
