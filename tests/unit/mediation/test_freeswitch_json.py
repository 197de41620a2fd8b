import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

FIRST = "7b1f6c00-2222-4333-8444-9a0b1c2d3e01"
SECOND = "7b1f6c00-2222-4333-8444-9a0b1c2d3e02"


def document(*, encode_values: bool = False, flows: list | None = None, **given: str) -> dict:
    variables = {
        "uuid": FIRST,
        "direction": "inbound",
        "start_epoch": "1772328600",
        "start_uepoch": "1772328600250000",
        "answer_epoch": "1772328604",
        "answer_uepoch": "1772328604500000",
        "bridge_epoch": "1772328607",
        "bridge_uepoch": "1772328607750000",
        "end_epoch": "1772328665",
        "end_uepoch": "1772328665040000",
        "billsec": "61",
        "billmsec": "60540",
        "hangup_cause": "NORMAL_CLEARING",
        "hangup_cause_q850": "16",
        "bridge_uuid": SECOND,
        "last_sent_callee_id_number": "309",
    }
    variables |= given
    if encode_values:
        variables = {name: quote(value, safe="") for name, value in variables.items()}
    return {
        "core-uuid": "c0",
        "switchname": "sw1",
        "channel_data": {"state": "CS_REPORTING"},
        "variables": variables,
        "callflow": [flow("1", "4008001234")] if flows is None else flows,
    }


def flow(index: str, dialled: str, *, caller: str = "+8613912340001", peer: str = "") -> dict:
    profile: dict = {"caller_id_number": caller, "destination_number": dialled, "uuid": FIRST}
    if peer:
        legs = [{"uuid": "another", "destination_number": "1"}]
        legs.append({"uuid": SECOND, "destination_number": peer})
        profile["originatee"] = {"originatee_caller_profiles": legs}
    return {"profile_index": index, "caller_profile": profile}


def data(*documents: dict, indent: int | None = 1) -> bytes:
    return "\n".join(json.dumps(document, indent=indent) for document in documents).encode()


def test_a_bridged_call_states_every_instant_to_the_microsecond(decode_file) -> None:
    (cdr,) = decode_file("freeswitch_json", data(document())).cdrs
    assert (cdr["call_id"], cdr["row"]) == (FIRST, 1)
    assert cdr["setup_at"] == datetime(2026, 3, 1, 1, 30, 0, 250000, tzinfo=UTC)
    assert cdr["answered_at"] == datetime(2026, 3, 1, 1, 30, 4, 500000, tzinfo=UTC)
    assert cdr["bridged_at"] == datetime(2026, 3, 1, 1, 30, 7, 750000, tzinfo=UTC)
    assert cdr["released_at"] == datetime(2026, 3, 1, 1, 31, 5, 40000, tzinfo=UTC)
    assert cdr["bridged_stated"] is True
    assert (cdr["calling_number_raw"], cdr["service_number_raw"]) == (
        "+8613912340001",
        "4008001234",
    )
    assert (cdr["cause"], cdr["second_leg_id"], cdr["first_leg_id"]) == (16, SECOND, None)


def test_billmsec_is_the_truth_and_billsec_only_where_it_is_absent(decode_file) -> None:
    both, seconds = document(), document(billmsec="")
    cdrs = decode_file("freeswitch_json", data(both, seconds)).cdrs
    assert [(cdr["billable_ms"], cdr["billable_from"]) for cdr in cdrs] == [
        (60_540, "answered"),
        (61_000, "answered"),
    ]


def test_seconds_stand_in_for_microseconds_that_are_zero(decode_file) -> None:
    (cdr,) = decode_file("freeswitch_json", data(document(answer_uepoch="0"))).cdrs
    assert cdr["answered_at"] == datetime(2026, 3, 1, 1, 30, 4, tzinfo=UTC)


def test_zero_and_empty_say_that_it_did_not_happen(decode_file) -> None:
    unanswered = document(
        answer_epoch="0",
        answer_uepoch="0",
        bridge_epoch="",
        bridge_uepoch="",
        billsec="0",
        billmsec="0",
    )
    (cdr,) = decode_file("freeswitch_json", data(unanswered)).cdrs
    assert (cdr["answered_at"], cdr["bridged_at"], cdr["billable_ms"]) == (None, None, None)
    assert (cdr["bridged_stated"], cdr["answering_number_raw"]) == (True, None)


def test_the_service_number_is_the_one_dialled_before_any_transfer(decode_file) -> None:
    flows = [flow("2", "301", peer="13812340002"), flow("1", "4008001234")]
    (cdr,) = decode_file("freeswitch_json", data(document(flows=flows))).cdrs
    assert cdr["service_number_raw"] == "4008001234"


def test_the_answering_number_is_that_of_the_leg_bridged_to(decode_file) -> None:
    known = document(flows=[flow("1", "4008001234", peer="13812340002")])
    unknown = document()
    cdrs = decode_file("freeswitch_json", data(known, unknown)).cdrs
    assert [cdr["answering_number_raw"] for cdr in cdrs] == ["13812340002", "309"]


def test_a_second_leg_names_its_first(decode_file) -> None:
    leg = document(uuid=SECOND, direction="outbound", originating_leg_uuid=FIRST, bridge_uuid=FIRST)
    (cdr,) = decode_file("freeswitch_json", data(leg)).cdrs
    assert (cdr["call_id"], cdr["first_leg_id"], cdr["second_leg_id"]) == (SECOND, FIRST, None)


@pytest.mark.parametrize(
    "coded",
    [
        data(document(encode_values=True)),
        quote(data(document()).decode(), safe="").encode(),
        b"cdr=" + quote(data(document()).decode(), safe="").encode(),
        b"cdr=" + data(document(), indent=None),
        data(document()).replace(b'"+8613912340001"', b'"%2B8613912340001"'),
    ],
)
def test_url_encoding_of_the_whole_or_of_each_value_changes_nothing(decode_messages, coded) -> None:
    plain = decode_messages("freeswitch_json", data(document())).cdrs
    assert decode_messages("freeswitch_json", coded).cdrs == plain


@pytest.mark.parametrize(
    "many",
    [
        data(document(), document(uuid=SECOND)),
        data(document(), document(uuid=SECOND), indent=None),
        json.dumps([document(), document(uuid=SECOND)]).encode(),
        b"\n".join(
            quote(json.dumps(d), safe="").encode() for d in (document(), document(uuid=SECOND))
        ),
    ],
)
def test_a_file_may_hold_many_documents(decode_file, many) -> None:
    cdrs = decode_file("freeswitch_json", many).cdrs
    assert [(cdr["row"], cdr["call_id"]) for cdr in cdrs] == [(1, FIRST), (2, SECOND)]


def test_documents_that_cannot_be_read_say_why_and_keep_their_bytes(decode_file) -> None:
    broken = b'{"core-uuid": '
    documents = (
        broken,
        data(document(billmsec="6O540"), indent=None),
        b'{"core-uuid": "c0"}',
        data(document(uuid="", flows=[]), indent=None),
        data(document(), indent=None),
    )
    decoded = decode_file("freeswitch_json", b"\n".join(documents))
    assert [cdr["row"] for cdr in decoded.cdrs] == [5]
    assert [row["raw"] for row in decoded.unreadable] == list(documents[:4])
    assert decoded.details[0].startswith("expected a JSON document, came one that ends or breaks")
    assert decoded.details[1:] == [
        "expected billmsec as whole milliseconds, came '6O540'",
        "expected a JSON document with variables, came one without",
        "expected uuid: the leg's id, came none",
    ]


def test_causes_that_are_none_of_q850_s_are_looked_up_by_name_or_left_open(decode_file) -> None:
    cancelled = document(hangup_cause="ORIGINATOR_CANCEL", hangup_cause_q850="487")
    named = document(hangup_cause="USER_BUSY", hangup_cause_q850="")
    cdrs = decode_file("freeswitch_json", data(cancelled, named)).cdrs
    assert [cdr["cause"] for cdr in cdrs] == [None, 17]


def test_the_raw_bytes_of_a_document_are_those_that_came(decode_file) -> None:
    decoded = decode_file("freeswitch_json", data(document(), document(uuid=SECOND)))
    assert decoded.batch.raw_of([1]) == [data(document(uuid=SECOND))]


def test_wrong_utf8_in_a_number_is_replaced(decode_file) -> None:
    odd = data(document()).replace(b"+8613912340001", b"\xff1")
    (cdr,) = decode_file("freeswitch_json", odd).cdrs
    assert cdr["calling_number_raw"] == "\ufffd1"
