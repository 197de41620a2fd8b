"""Pricing stored calls again: the same register changes nothing, another one is as if from then."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from records import NOW_US, after, cdr, decoded, unanswered
from references import PLAN, instant_us, owned, reference

from cdrpipe.cdr.duplicate import SeenWindow
from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.pipeline import Reference, process_batch
from cdrpipe.rating.rerate import rerate_batch

NUMBER, OTHER = "4008001234", "4008009999"

CALLS = [
    cdr("long distance"),
    cdr("local", calling_number_raw="02162345678"),
    cdr("landline to mobile", answering_number_raw="13900139000", billable_ms=61_000),
    cdr("nobody took it", bridged_at=None, answering_number_raw="13900139000"),
    cdr("from abroad", calling_number_raw="0044 20 7946 0000"),
    cdr("hidden", calling_number_raw="anonymous"),
    cdr("privacy number", calling_number_raw="70012345678"),
    cdr("from Hong Kong", calling_number_raw="+852 2345 6789"),
    cdr("continued", is_continuation=True),
    cdr("no setup stamp", setup_at=None),
    cdr("bridge not stated", service_number_raw=OTHER, bridged_at=None, bridged_stated=False),
    cdr("billed from the bridge", service_number_raw=OTHER),
    cdr("zero seconds", released_at=after(2), bridged_at=None),
    unanswered("nobody answered"),
]


def stored(reference: Reference) -> pa.Table:
    rows = process_batch(
        decoded(*CALLS), reference=reference, seen=SeenWindow(), received_at_us=NOW_US
    ).rows
    return rows.filter(pc.equal(rows["kind"], "usage"))


def rerated(rows: pa.Table, reference: Reference) -> pa.Table:
    return rerate_batch(
        rows,
        guide=reference.guide,
        rates=reference.rates,
        plan_versions=reference.plan_versions,
        rating_version=7,
    )


def without_version(rows: pa.Table) -> list[dict[str, Any]]:
    return rows.drop_columns(["rating_version"]).to_pylist()


def two_numbers(plan: str = PLAN) -> Reference:
    lenient = owned(OTHER, bill_from="bridged", bridged_is_answered_for=("native",))
    return reference(owned(NUMBER), lenient, plan=plan)


def test_under_the_same_register_every_column_is_as_it_was() -> None:
    rows = stored(two_numbers())
    assert rows.num_rows == len(CALLS)
    again = rerated(rows, two_numbers())
    assert again.schema.equals(RATED_SCHEMA)
    assert without_version(again) == without_version(rows)
    assert again["rating_version"].to_pylist() == [7] * 13 + [None]


@pytest.mark.parametrize(
    "corrected",
    [
        pytest.param(two_numbers(PLAN.replace('"0.20"', '"0.25"')), id="another price"),
        pytest.param(
            reference(owned(NUMBER, bill_from="bridged"), owned(OTHER)), id="other clocks"
        ),
        pytest.param(
            reference(owned(NUMBER, "A2"), owned(OTHER, "A3", home_region_id=110010)),
            id="other owners",
        ),
        pytest.param(
            two_numbers(PLAN.replace("valid_from = 2026-01-01", "valid_from = 2026-12-01")),
            id="no plan in force",
        ),
    ],
)
def test_under_another_register_it_is_as_if_the_calls_came_now(corrected: Reference) -> None:
    rows = stored(two_numbers())
    fresh = process_batch(
        decoded(*CALLS), reference=corrected, seen=SeenWindow(), received_at_us=NOW_US
    ).rows
    # What is held back at arrival lies aside, with the bytes it came as.
    expected = fresh.set_column(0, "kind", pa.array(["usage"] * len(CALLS))).drop_columns(["raw"])
    found = rerated(rows, corrected).drop_columns(["raw"])
    assert without_version(found) == without_version(expected)
    assert without_version(found) != without_version(rows.drop_columns(["raw"]))


def test_a_call_that_nobody_owns_now_is_held_back_with_its_reason() -> None:
    rows = stored(two_numbers())
    gone = reference(owned(NUMBER, valid_until_us=instant_us(2026, 2, 1)), owned(OTHER))
    found = {row["call_id"]: row for row in rerated(rows, gone).to_pylist()}
    assert found["local"]["outcome"] == "suspended"
    assert found["local"]["suspense_reason"] == "SERVICE_NUMBER_NOT_OWNED"
    assert found["local"]["enterprise_charge_micros"] is None
    assert found["local"]["rating_version"] is None
    assert found["billed from the bridge"]["outcome"] == "rated"


def test_records_that_are_no_calls_are_refused() -> None:
    rows = process_batch(
        decoded(cdr("c"), cdr("c")),
        reference=two_numbers(),
        seen=SeenWindow(),
        received_at_us=NOW_US,
    ).rows
    with pytest.raises(AssertionError, match="duplicate"):
        rerated(rows, two_numbers())
