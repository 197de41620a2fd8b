import json
from datetime import UTC, datetime

import pytest

CALL = {
    "call_id": "c-1",
    "calling_number": "13912340001",
    "service_number": "4008001234",
    "answering_number": "02187654321",
    "setup_at": "2026-03-01T09:30:00+08:00",
    "answered_at": "2026-03-01T09:30:04.5+08:00",
    "bridged_at": "2026-03-01T09:30:09+08:00",
    "released_at": "2026-03-01T09:31:05+08:00",
    "billable_ms": 60540,
}


def call(**given: object) -> bytes:
    return json.dumps(CALL | given).encode()


def test_a_call_with_the_defaults(decode_messages) -> None:
    (cdr,) = decode_messages("native_json", call()).cdrs
    assert (cdr["source"], cdr["call_id"], cdr["leg"]) == ("pbx", "c-1", "")
    assert (cdr["partial_no"], cdr["is_final"], cdr["is_continuation"]) == (0, True, False)
    assert cdr["answered_at"] == datetime(2026, 3, 1, 1, 30, 4, 500000, tzinfo=UTC)
    assert cdr["bridged_at"] == datetime(2026, 3, 1, 1, 30, 9, tzinfo=UTC)
    assert (cdr["billable_ms"], cdr["billable_from"]) == (60_540, "answered")
    assert (cdr["topic"], cdr["partition"], cdr["offset"], cdr["row"]) == ("cdr", 3, 0, 0)
    assert (cdr["file"], cdr["file_id"]) == (None, None)


def test_every_field_is_taken(decode_messages) -> None:
    given = {
        "source": "cloud",
        "leg": "b",
        "partial_no": "2",
        "is_final": "true",
        "is_continuation": True,
        "billable_from": "bridged",
        "cause": 16,
        "extension": "8012",
        "recording_url": "https://rec.example/1.wav",
        "first_leg_id": "c-0",
        "second_leg_id": "c-2",
    }
    (cdr,) = decode_messages("native_json", call(**given)).cdrs
    expected = given | {"partial_no": 2, "is_final": True}
    assert {name: cdr[name] for name in given} == expected


def test_numbers_are_taken_as_text_and_as_integers_in_one_batch(decode_messages) -> None:
    cdrs = decode_messages(
        "native_json",
        call(),
        call(calling_number=13912340001, service_number=4008001234, billable_ms="60540"),
        call(calling_number=13912340001.0),
    ).cdrs
    assert {cdr["calling_number_raw"] for cdr in cdrs} == {"13912340001"}
    assert {cdr["service_number_raw"] for cdr in cdrs} == {"4008001234"}
    assert {cdr["billable_ms"] for cdr in cdrs} == {60_540}


def test_empty_text_null_and_zero_stamps_are_what_did_not_happen(decode_messages) -> None:
    cdrs = decode_messages(
        "native_json",
        call(answered_at="", bridged_at=None, billable_ms=""),
        call(answered_at=0, bridged_at="0", billable_ms=None),
    ).cdrs
    for cdr in cdrs:
        assert (cdr["answered_at"], cdr["bridged_at"], cdr["billable_ms"]) == (None, None, None)


def test_a_bridge_is_stated_where_its_key_is_there_at_all(decode_messages) -> None:
    without = {name: value for name, value in CALL.items() if name != "bridged_at"}
    cdrs = decode_messages("native_json", call(bridged_at=None), json.dumps(without).encode()).cdrs
    assert [cdr["bridged_stated"] for cdr in cdrs] == [True, False]


def test_of_parts_only_the_one_that_says_so_is_the_last(decode_messages) -> None:
    cdrs = decode_messages(
        "native_json", call(partial_no=1), call(partial_no=2, is_final=True)
    ).cdrs
    assert [cdr["is_final"] for cdr in cdrs] == [False, True]


def test_a_stamp_without_an_offset_is_in_the_source_s_zone(decode_messages) -> None:
    message = call(setup_at="2026-03-01 09:30:00")
    expected = datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert decode_messages("native_json", message).cdrs[0]["setup_at"] == expected


@pytest.mark.parametrize(
    "message",
    [
        call() + b"\n" + call(call_id="c-2") + b"\n",
        b"[" + call() + b"," + call(call_id="c-2") + b"]",
        b" \n[" + call() + b",\n" + call(call_id="c-2") + b"\n]",
    ],
)
def test_a_message_may_hold_many_calls(decode_messages, message) -> None:
    cdrs = decode_messages("native_json", message, call()).cdrs
    assert [(cdr["offset"], cdr["row"], cdr["call_id"]) for cdr in cdrs] == [
        (0, 0, "c-1"),
        (0, 1, "c-2"),
        (1, 0, "c-1"),
    ]


@pytest.mark.parametrize("message", [b"", b"  ", b"{", b"7", b"null", b'"c-1"', b"{\nnot\n"])
def test_a_message_that_cannot_be_read_is_one_record(decode_messages, message) -> None:
    decoded = decode_messages("native_json", call(), message, call())
    assert [cdr["offset"] for cdr in decoded.cdrs] == [0, 2]
    (row,) = decoded.unreadable
    assert (row["offset"], row["row"], row["raw"]) == (1, 0, message)
    assert row["suspense_reason"] == "MESSAGE_UNREADABLE"
    assert row["suspense_detail"].startswith(
        "expected a JSON object, an array or lines of objects, came "
    )


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({"call_id": ""}, "expected call_id: a text or a whole number, came none"),
        ({"service_number": None}, "expected service_number: a text or a whole number, came none"),
        ({"call_id": {"id": 1}}, "expected call_id as text or a whole number, came an object"),
        ({"call_id": 1.5}, "expected call_id as text or a whole number, came a number"),
        ({"call_id": 10**25}, "expected call_id as text or a whole number, came a number"),
        ({"billable_ms": -1}, "expected billable_ms as whole milliseconds, 0 or more, came '-1'"),
        ({"billable_ms": "1.5"}, "expected billable_ms as whole milliseconds, 0 or more"),
        ({"billable_from": "ringing"}, "expected billable_from as answered or bridged"),
        ({"is_final": "maybe"}, "expected is_final as true or false, came 'maybe'"),
        ({"partial_no": 2**31}, "expected partial_no as a whole number, 0 or more"),
        ({"setup_at": True}, "expected setup_at as YYYY-MM-DD HH:MM:SS"),
        ({"setup_at": "32.13.2026"}, "expected setup_at as YYYY-MM-DD HH:MM:SS"),
    ],
)
def test_a_call_that_cannot_be_read_is_held_alone(decode_messages, given, detail) -> None:
    decoded = decode_messages("native_json", call(), call(**given), call(call_id="c-3"))
    assert [cdr["call_id"] for cdr in decoded.cdrs] == ["c-1", "c-3"]
    (row,) = decoded.unreadable
    assert row["suspense_reason"] == "RECORD_UNREADABLE"
    assert row["suspense_detail"].startswith(detail)
    assert row["raw"] == call(**given)


def test_unknown_keys_and_odd_causes_are_passed_over(decode_messages) -> None:
    (cdr,) = decode_messages("native_json", call(vendor={"x": [1]}, cause="sip:200")).cdrs
    assert cdr["cause"] is None


def test_bad_bytes_in_a_key_that_is_not_read_do_not_matter(decode_messages) -> None:
    message = call(note="XX").replace(b"XX", b"\xff\x01")
    assert decode_messages("native_json", message).cdrs[0]["call_id"] == "c-1"


def test_lone_surrogates_do_not_break_the_batch(decode_messages) -> None:
    cdrs = decode_messages(
        "native_json", call(), b'{"call_id":"\\ud800","service_number":"4"}'
    ).cdrs
    assert [cdr["call_id"] for cdr in cdrs] == ["c-1", "?"]


def test_each_line_of_a_file_is_a_record(decode_file) -> None:
    data = call() + b"\r\n\nnot json\n[1]\n" + call(call_id="c-4")
    decoded = decode_file("native_json", data)
    assert [(cdr["row"], cdr["call_id"]) for cdr in decoded.cdrs] == [(1, "c-1"), (4, "c-4")]
    assert [row["row"] for row in decoded.unreadable] == [2, 3]
    assert decoded.details[0].startswith("expected a JSON object on a line, came a line that is")
    assert decoded.details[1] == "expected a JSON object, came an array"
    assert [row["raw"] for row in decoded.unreadable] == [b"not json", b"[1]"]


def test_raw_bytes_are_the_line_and_of_an_array_the_element(decode_messages) -> None:
    array = b"[" + call() + b"]"
    batch = decode_messages("native_json", call() + b"\n" + call(call_id="c-2"), array).batch
    first, second, third = batch.raw_of([0, 1, 2])
    assert (first, second) == (call(), call(call_id="c-2"))
    assert json.loads(third) == CALL
