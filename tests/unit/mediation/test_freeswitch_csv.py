from datetime import UTC, datetime

import pytest

UUID = "0f7d1c52-11aa-4b6e-9d02-5a61c3e7f001"
OTHER = "0f7d1c52-11aa-4b6e-9d02-5a61c3e7f002"


def line(
    *,
    name: str = "Wang",
    caller: str = "13912340001",
    dialled: str = "4008001234",
    start: str = "2026-03-01 09:30:00",
    answer: str = "2026-03-01 09:30:04",
    end: str = "2026-03-01 09:31:05",
    billsec: str = "61",
    cause: str = "NORMAL_CLEARING",
    uuid: str = UUID,
    second: str = OTHER,
) -> bytes:
    fields = (name, caller, dialled, "public", start, answer, end, "65", billsec, cause)
    row = (*fields, uuid, second, "sales", "PCMA", "PCMA")
    return ",".join(f'"{field}"' for field in row).encode() + b"\n"


def test_an_answered_call_states_its_length_from_the_answer(decode_file) -> None:
    (cdr,) = decode_file("freeswitch_csv", line()).cdrs
    assert (cdr["source"], cdr["call_id"], cdr["leg"]) == ("pbx", UUID, "")
    assert (cdr["calling_number_raw"], cdr["service_number_raw"]) == ("13912340001", "4008001234")
    assert cdr["answering_number_raw"] is None
    assert cdr["setup_at"] == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert cdr["answered_at"] == datetime(2026, 3, 1, 1, 30, 4, tzinfo=UTC)
    assert cdr["released_at"] == datetime(2026, 3, 1, 1, 31, 5, tzinfo=UTC)
    assert (cdr["billable_ms"], cdr["billable_from"]) == (61_000, "answered")
    assert (cdr["bridged_at"], cdr["bridged_stated"]) == (None, False)
    assert (cdr["cause"], cdr["second_leg_id"], cdr["first_leg_id"]) == (16, OTHER, None)
    assert (cdr["partial_no"], cdr["is_final"], cdr["is_continuation"]) == (0, True, False)
    assert (cdr["file"], cdr["file_id"], cdr["row"]) == ("day.cdr", "ab" * 32, 1)
    assert (cdr["topic"], cdr["partition"], cdr["offset"]) == (None, None, None)


def test_an_unanswered_call_states_no_length(decode_file) -> None:
    (cdr,) = decode_file("freeswitch_csv", line(answer="", billsec="0", second="")).cdrs
    assert (cdr["answered_at"], cdr["billable_ms"], cdr["second_leg_id"]) == (None, None, None)


def test_a_length_without_an_answer_is_kept_for_validation_to_refuse(decode_file) -> None:
    (cdr,) = decode_file("freeswitch_csv", line(answer="", billsec="9")).cdrs
    assert (cdr["answered_at"], cdr["billable_ms"]) == (None, 9_000)


def test_an_answer_of_zero_seconds_states_zero(decode_file) -> None:
    (cdr,) = decode_file("freeswitch_csv", line(billsec="0")).cdrs
    assert cdr["billable_ms"] == 0


def test_stamps_saved_again_by_excel_are_read_and_billsec_is_believed(decode_file) -> None:
    stamp = "2026/3/1 9:30"
    (cdr,) = decode_file("freeswitch_csv", line(start=stamp, answer=stamp, end=stamp)).cdrs
    assert cdr["released_at"] == cdr["answered_at"] == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert cdr["billable_ms"] == 61_000


def test_one_uuid_three_times_is_three_records_in_order(decode_file) -> None:
    data = line() + line() + line(cause="USER_BUSY")
    decoded = decode_file("freeswitch_csv", data)
    assert [(cdr["row"], cdr["call_id"], cdr["cause"]) for cdr in decoded.cdrs] == [
        (1, UUID, 16),
        (2, UUID, 16),
        (3, UUID, 17),
    ]


@pytest.mark.parametrize(
    ("bad", "detail"),
    [
        (line()[:60] + b"\n", "expected 15 columns, came 5"),
        (line(start="yesterday"), "expected start_stamp as YYYY-MM-DD HH:MM:SS"),
        (line(billsec="6l"), "expected billsec as whole seconds, came '6l'"),
        (line(uuid=""), "expected uuid: the call's id, came none"),
    ],
)
def test_a_line_that_cannot_be_read_is_held_with_its_bytes(decode_file, bad, detail) -> None:
    decoded = decode_file("freeswitch_csv", line() + bad + line(uuid=OTHER))
    assert [cdr["row"] for cdr in decoded.cdrs] == [1, 3]
    (row,) = decoded.unreadable
    assert row["row"] == 2
    assert row["suspense_reason"] == "RECORD_UNREADABLE"
    assert row["suspense_detail"].startswith(detail)
    assert row["raw"] == bad.removesuffix(b"\n")


def test_an_unbalanced_quote_swallows_no_other_call(decode_file) -> None:
    broken = line().replace(b'"Wang",', b'"Wang,', 1)
    decoded = decode_file("freeswitch_csv", broken + line(uuid=OTHER))
    assert [cdr["call_id"] for cdr in decoded.cdrs] == [OTHER]
    assert decoded.batch.read_count == 2


def test_wrong_utf8_and_control_bytes_in_a_name_do_not_matter(decode_file) -> None:
    (cdr,) = decode_file("freeswitch_csv", line().replace(b'"Wang"', b'"\xcd\xf5\x02\xff"')).cdrs
    assert cdr["calling_number_raw"] == "13912340001"


def test_a_stamp_that_summer_time_skips_is_unreadable(decode_file) -> None:
    decoded = decode_file("freeswitch_csv", line(start="2026-03-29 02:30:00"), tz="Europe/Berlin")
    assert decoded.details[0].endswith("came '2026-03-29 02:30:00'")


def test_the_bytes_of_chosen_rows_are_those_that_came(decode_file) -> None:
    batch = decode_file("freeswitch_csv", b"broken\n" + line() + line(uuid=OTHER)).batch
    assert batch.raw_of([1, 0]) == [line(uuid=OTHER).strip(), line().strip()]
    assert batch.raw_of([]) == []


def test_a_message_may_hold_many_lines(decode_messages) -> None:
    decoded = decode_messages("freeswitch_csv", line() + line(uuid=OTHER), b"\n", line())
    assert [(cdr["offset"], cdr["row"]) for cdr in decoded.cdrs] == [(0, 0), (0, 1), (2, 0)]
    assert decoded.cdrs[0]["partition"] == 3


def test_no_payload_gives_no_record(decode_messages) -> None:
    assert decode_messages("freeswitch_csv").batch.read_count == 0
