"""Whose clock starts when, and whose length counts (domain §3)."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from records import after, cdr, cdr_table, unanswered

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.rating.clock import billable_columns, clock_columns, clock_reason, first_stamp


def clock(
    row: dict[str, Any], *, bill_from: str = "answered", bridged_is_answered: bool = False
) -> dict[str, Any]:
    frame = pl.from_arrow(cdr_table([row])).with_columns(
        bill_from=pl.lit(bill_from), bridged_is_answered=pl.lit(bridged_is_answered)
    )
    timed = frame.with_columns(*clock_columns())
    found = timed.with_columns(*billable_columns(), reason=clock_reason()).to_dicts()[0]
    found["reason"] = SuspenseReason(found["reason"]).name if found["reason"] else None
    return found


def lengths(row: dict[str, Any], **setting: Any) -> tuple[int, int]:
    found = clock(row, **setting)
    assert found["reason"] is None
    return found["enterprise_billable_ms"], found["caller_billable_ms"]


# The unremarkable call: answered at +2 s, bridged at +10 s, released at +70 s.


def test_menu_mode_bills_both_from_the_answer() -> None:
    assert lengths(cdr("c")) == (68_000, 68_000)


def test_ring_tone_mode_bills_the_enterprise_from_the_bridge_and_the_caller_from_the_answer() -> (
    None
):
    assert lengths(cdr("c"), bill_from="bridged") == (60_000, 68_000)


def test_a_stated_length_counts_for_the_party_whose_clock_it_is() -> None:
    stated = cdr("c", billable_ms=67_540)
    assert lengths(stated) == (67_540, 67_540)
    assert lengths(stated, bill_from="bridged") == (60_000, 67_540)
    from_bridge = cdr("c", billable_ms=59_500, billable_from="bridged")
    assert lengths(from_bridge, bill_from="bridged") == (59_500, 68_000)
    assert lengths(from_bridge) == (68_000, 68_000)


def test_a_missed_call_bills_the_enterprise_in_menu_mode_only() -> None:
    missed = cdr("c", bridged_at=None)
    assert lengths(missed) == (68_000, 68_000)
    assert lengths(missed, bill_from="bridged") == (0, 68_000)


def test_billing_starts_at_the_enterprises_instant() -> None:
    assert clock(cdr("c"))["billing_started_at"] == after(2)
    assert clock(cdr("c"), bill_from="bridged")["billing_started_at"] == after(10)


def test_without_that_instant_billing_starts_at_the_answer_else_at_the_setup() -> None:
    missed = cdr("c", bridged_at=None)
    assert clock(missed, bill_from="bridged")["billing_started_at"] == after(2)
    assert clock(unanswered("c"), bill_from="bridged")["billing_started_at"] == after(0)
    assert clock(unanswered("c", setup_at=None))["billing_started_at"] == after(70)


def test_a_source_that_cannot_state_the_bridge_is_held_back_in_ring_tone_mode() -> None:
    blind = cdr("c", bridged_at=None, bridged_stated=False, billable_ms=60_000)
    assert clock(blind, bill_from="bridged")["reason"] == "BRIDGE_NOT_STATED_BY_SOURCE"
    assert clock(blind)["reason"] is None


def test_unless_the_number_takes_the_answer_for_the_bridge() -> None:
    blind = cdr("c", bridged_at=None, bridged_stated=False, billable_ms=60_000)
    found = clock(blind, bill_from="bridged", bridged_is_answered=True)
    assert found["reason"] is None
    assert found["enterprise_billable_ms"] == 60_000
    assert found["billing_started_at"] == after(2)


def test_an_unanswered_call_of_such_a_source_is_no_riddle() -> None:
    blind = unanswered("c", bridged_stated=False)
    assert clock(blind, bill_from="bridged")["reason"] is None


@pytest.mark.parametrize("bill_from", ["answered", "bridged"])
def test_an_end_that_is_needed_and_missing_holds_the_call_back(bill_from: str) -> None:
    endless = cdr("c", released_at=None, billable_ms=5, billable_from="bridged")
    assert clock(endless, bill_from=bill_from)["reason"] == "RELEASED_AT_MISSING"


def test_what_is_below_a_millisecond_is_dropped() -> None:
    end = after(70) + dt.timedelta(microseconds=999)
    assert lengths(cdr("c", released_at=end)) == (68_000, 68_000)


def test_the_first_stamp_is_the_setup_or_else_the_earliest() -> None:
    frame = pl.from_arrow(cdr_table([cdr("c"), cdr("d", setup_at=None)]))
    assert frame.select(first_stamp()).to_series().to_list() == [after(0), after(2)]
