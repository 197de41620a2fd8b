from collections import Counter
from datetime import timedelta

from cdrpipe.demo.register_plan import RegisterPlan
from cdrpipe.demo.traffic import Traffic


def test_a_second_leg_names_a_call_and_is_answered_when_it_is_bridged(traffic: Traffic) -> None:
    records = traffic.table().to_pylist()
    calls = {one["call_id"]: one for one in records if one["planted"] == "two_legs"}
    legs = [one for one in records if one["planted"] == "second_leg"]
    assert {leg["first_leg_id"] for leg in legs} == set(calls)
    for leg in legs:
        call = calls[leg["first_leg_id"]]
        assert leg["answered_at"] == call["bridged_at"]
        assert leg["partition"] == call["partition"]


def test_stated_lengths_count_from_the_instant_they_name(traffic: Traffic) -> None:
    names = {"talked", "menu_only", "talked_for_hours", "two_legs", "over_24_hours"}
    counted = Counter()
    for record in traffic.table().to_pylist():
        if record["planted"] in names and record["billable_ms"] is not None:
            since = record[f"{record['billable_from']}_at"]
            length = record["released_at"] - since if since else timedelta()
            assert record["billable_ms"] == length // timedelta(milliseconds=1)
            counted[record["billable_from"]] += 1
    assert counted["answered"] > counted["bridged"] > 0


def test_only_numbers_billed_from_the_bridge_state_lengths_from_there(
    traffic: Traffic, register: RegisterPlan
) -> None:
    bridged = {row.service_number for row in register.ownerships if row.bill_from == "bridged"}
    for record in traffic.table().to_pylist():
        if record["billable_from"] == "bridged" and record["planted"] != "not_owned":
            assert record["service_number"] in bridged


def test_copies_share_their_partition_and_form(traffic: Traffic) -> None:
    travels: dict[str, set[tuple[int, bool]]] = {}
    for record in traffic.table().to_pylist():
        call = record["first_leg_id"] or record["call_id"]
        travels.setdefault(call, set()).add((record["partition"], record["is_single"]))
    assert {len(ways) for ways in travels.values()} == {1}
    assert {partition for ways in travels.values() for partition, _ in ways} == {0, 1, 2, 3}
