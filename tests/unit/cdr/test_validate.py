"""Each reason for which a record cannot be believed, and how close to it a good one may come."""

from typing import Any

import polars as pl
import pytest
from records import NOW_US, after, cdr, cdr_table, unanswered

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.cdr.validate import validation_reason

NOW_S = (NOW_US - int(after(0).timestamp()) * 1_000_000) // 1_000_000
DAY_S = 86_400


def reason_of(**columns: Any) -> str | None:
    frame = pl.from_arrow(cdr_table([cdr("c1", **columns)]))
    number = frame.select(validation_reason(now_us=NOW_US)).item()
    return SuspenseReason(number).name if number else None


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, None),
        (
            dict.fromkeys(["setup_at", "answered_at", "bridged_at", "released_at"]),
            "NO_INSTANT_STATED",
        ),
        ({"released_at": None}, "RELEASED_AT_MISSING"),
        ({"released_at": None, "billable_ms": 60_000}, None),
        ({"released_at": after(9)}, "RELEASED_BEFORE_STARTED"),
        ({"released_at": after(10)}, None),
        ({"billable_ms": -1}, "RELEASED_BEFORE_STARTED"),
        ({"setup_at": after(70 - DAY_S)}, None),
        ({"setup_at": after(70 - DAY_S - 0.001)}, "LONGER_THAN_24_HOURS"),
        ({"billable_ms": DAY_S * 1000}, None),
        ({"billable_ms": DAY_S * 1000 + 1}, "LONGER_THAN_24_HOURS"),
        ({"released_at": after(NOW_S + 3600), "setup_at": after(NOW_S)}, None),
        ({"answered_at": None, "bridged_at": None, "billable_ms": 1}, "BILLABLE_WITHOUT_ANSWER"),
        ({"answered_at": None, "bridged_at": None, "billable_ms": 0}, None),
    ],
)
def test_a_record_is_believed_up_to_its_limit(columns: dict, expected: str | None) -> None:
    if columns.get("released_at") == after(NOW_S + 3600):
        columns = columns | {"answered_at": after(NOW_S), "bridged_at": after(NOW_S)}
    assert reason_of(**columns) == expected


@pytest.mark.parametrize("stamp", ["setup_at", "answered_at", "bridged_at", "released_at"])
def test_any_stamp_more_than_an_hour_ahead_is_the_future(stamp: str) -> None:
    late = {name: after(NOW_S) for name in ("setup_at", "answered_at", "bridged_at", "released_at")}
    assert reason_of(**late | {"released_at": after(NOW_S + 3600)}) is None
    moved = {**late, "released_at": after(NOW_S + 3600), stamp: after(NOW_S + 3600.001)}
    if stamp != "released_at":
        moved["released_at"] = after(NOW_S + 3601)
    assert reason_of(**moved) == "STARTS_IN_THE_FUTURE"


def test_of_two_reasons_the_first_is_given() -> None:
    assert reason_of(setup_at=after(0), released_at=after(-1), billable_ms=DAY_S * 2000) == (
        "RELEASED_BEFORE_STARTED"
    )


def test_an_unanswered_call_is_believed() -> None:
    frame = pl.from_arrow(cdr_table([unanswered("c1")]))
    assert frame.select(validation_reason(now_us=NOW_US)).item() == 0
