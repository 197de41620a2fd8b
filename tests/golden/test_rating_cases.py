"""Rating cases from a file: each priced through ``cdrpipe.rate``, exactly as it says.

``CDRPIPE_RATING_CASES`` names another file of the same form; its ``meta`` is the reading rule.
"""

import copy
import json
import os
import random
from decimal import Decimal
from pathlib import Path

import pytest
from golden.case_tariffs import (
    cgrates_folder,
    is_quantity,
    milliseconds,
    plan_text,
    table_of,
    zone_and_start,
)

import cdrpipe
from cdrpipe.money import yuan_of_micros
from cdrpipe.rating.allowance import CallKey, GrantedCall, TimeGrant, use_grants
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.tariff.cgrates import read_cgrates_plan
from cdrpipe.tariff.cgrates_deck import write_rate_plan
from cdrpipe.tariff.rate_deck import parse_rate_plan

OWN_FILE = Path(__file__).parent / "rating_cases.json"
FILE = Path(os.environ.get("CDRPIPE_RATING_CASES") or OWN_FILE)
CASES = json.loads(FILE.read_text(encoding="utf-8"), parse_float=Decimal)

PRICED_KINDS = ("cases", "extra_cases", "min_max_cost_cases")
KINDS = (*PRICED_KINDS, "unrated_cases", "allowance_cases")


def of_kinds(*kinds):
    return [pytest.param(case, id=case["id"]) for kind in kinds for case in CASES.get(kind, [])]


def goes_through_cgrates(case):
    """Whether CGRateS can say the tariff: it has no minimum, and bands need a clock."""
    bands = [band for destination in case["tariff"] for band in destination["bands"]]
    return not is_quantity(case["call"]) and all(band["min_cost"] is None for band in bands)


def charge_of(call, tariff):
    """Price a call by a plan; the charge in yuan, or None and why not."""
    [row] = cdrpipe.rate(table_of(call), tariff).to_pylist()
    micros = row["enterprise_charge_micros"]
    return (None if micros is None else yuan_of_micros(micros)), row["suspense_reason"]


@pytest.mark.parametrize("case", of_kinds(*PRICED_KINDS))
def test_a_case_costs_exactly_what_it_says(case):
    charge = charge_of(case["call"], plan_text(case))
    assert charge == (Decimal(case["expected_cost_exact"]), None)


@pytest.mark.parametrize("case", of_kinds("unrated_cases"))
def test_a_case_without_a_price_is_suspended_and_not_free(case):
    assert case["expected"] == "unrated"
    assert charge_of(case["call"], plan_text(case)) == (None, "RATE_NOT_FOUND")


@pytest.mark.parametrize("case", of_kinds("allowance_cases"))
def test_an_allowance_is_used_in_the_order_of_the_calls_start(case):
    [version] = parse_rate_plan(plan_text(case), file=case["id"])
    arrived = [granted_call(case, version, place) for place in range(len(case["calls"]))]
    expected = {
        call.key: Decimal(told["expected_cost_exact"])
        for call, told in zip(arrived, case["calls"], strict=True)
    }
    allowance = TimeGrant(
        grant_id="month",
        left_ms=milliseconds(case["allowance_s"]),
        valid_from_us=0,
        valid_until_us=2**62,
    )
    for seed in range(5):
        random.Random(seed).shuffle(arrived)
        used = use_grants(arrived, allowance=allowance, calendars={})
        costs = {use.call.key: yuan_of_micros(use.charge_after_micros) for use in used.calls}
        assert costs == expected, seed
        assert used.left_ms["month"] == milliseconds(case["allowance_left_s"]), seed


def granted_call(case, version, place):
    call = case["calls"][place]
    charge, _ = charge_of(call, version)
    start_us = round(zone_and_start(call)[1].timestamp() * 1_000_000)
    facts = CallFacts(
        billable_ms=milliseconds(call["duration_s"]),
        start_us=start_us,
        destination=call["destination"],
        is_continuation=bool(call.get("is_continuation")),
    )
    return GrantedCall(
        key=CallKey(start_us, f"call {place:06}", "case", "", 0),
        service_number="4001",
        version=version,
        facts=facts,
        enterprise_charge_micros=int(charge.scaleb(6)),
        caller_charge_micros=0,
    )


@pytest.mark.parametrize(
    "case",
    [param for param in of_kinds(*PRICED_KINDS) if goes_through_cgrates(param.values[0])],
)
def test_a_case_written_out_for_cgrates_and_imported_costs_the_same(case):
    folder = cgrates_folder(case["tariff"])
    [(_, versions)] = read_cgrates_plan(folder, tz=zone_and_start(case["call"])[0]).plans.items()
    written = write_rate_plan(versions)
    imported = parse_rate_plan(written.text, file="imported", read_deck=written.decks.__getitem__)
    assert imported == tuple(versions)
    assert charge_of(case["call"], imported) == charge_of(case["call"], plan_text(unrounded(case)))


def unrounded(case):
    """Take roundings to 0 decimals away: to CGRateS they are none, and the import keeps that."""
    told = copy.deepcopy(case)
    for destination in told["tariff"]:
        for band in destination["bands"]:
            if band["rounding_method"] is not None and not int(band["rounding_decimals"]):
                band["rounding_method"] = band["rounding_decimals"] = None
    return told


def test_every_kind_of_case_is_written_by_hand_too():
    written = json.loads(OWN_FILE.read_text(encoding="utf-8"))
    assert {kind: len(written[kind]) >= 3 for kind in KINDS} == dict.fromkeys(KINDS, True)
    assert all(case["working"] for kind in KINDS for case in written[kind])
    ids = [case["id"] for kind in KINDS for case in written[kind]]
    assert len(set(ids)) == len(ids)
