"""What a stored call's price was made of, for each party: from a row to ``CallFacts``.

The one place that reads a stored call back for the rule in ``charge.py``.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.tariff.prepaid_class import with_reached_classes
from cdrpipe.tariff.rate_plan import AMOUNT_MICROS_MAX, RatePlanVersion

# What a row must have; instants in UTC microseconds, all else as in cdr/schema.py.
FACT_COLUMNS = (
    "top_up_class_micros",
    "billing_started_at_us",
    "answered_at_us",
    "is_continuation",
    "service_number",
    "calling_number",
    "calling_kind",
    "calling_region_id",
    "answering_number",
    "answering_kind",
    "answering_region_id",
    "relation",
    "enterprise_billable_ms",
    "caller_billable_ms",
)


# A plan version, and the prepaid class whose prices were taken; None: its own prices.
VersionKey = tuple[str, int, int | None]


def versions_by_row(
    plan_versions: Iterable[RatePlanVersion],
) -> dict[VersionKey, RatePlanVersion]:
    """Give every price that a stored call of these versions may have been priced by."""
    every_class = with_reached_classes(plan_versions, top_up_micros_max=AMOUNT_MICROS_MAX)
    return {(each.plan_id, each.version, each.top_up_class_micros): each for each in every_class}


def version_of_row(
    row: Mapping[str, Any], versions: Mapping[VersionKey, RatePlanVersion]
) -> RatePlanVersion | None:
    """Find what a stored call was priced by; None where the register does not know it any more.

    Parameters
    ----------
    versions
        As ``versions_by_row`` gives them.
    """
    return versions.get((row["plan_id"], row["plan_version"], row["top_up_class_micros"]))


def enterprise_facts(row: Mapping[str, Any], version: RatePlanVersion) -> CallFacts:
    """Give a rated call's facts by the enterprise's clock, which starts at billing start."""
    return _facts(
        row,
        version,
        start_us=row["billing_started_at_us"],
        billable_ms=row["enterprise_billable_ms"],
    )


def caller_facts(row: Mapping[str, Any], version: RatePlanVersion) -> CallFacts:
    """Give a rated call's facts by the caller's clock, which starts at the platform's answer."""
    return _facts(
        row, version, start_us=row["answered_at_us"], billable_ms=row["caller_billable_ms"]
    )


def _facts(
    row: Mapping[str, Any], version: RatePlanVersion, *, start_us: int | None, billable_ms: int
) -> CallFacts:
    return CallFacts(
        billable_ms=billable_ms,
        start_us=start_us,
        destination=_destination(row, version),
        calling_region_id=row["calling_region_id"],
        answering_region_id=row["answering_region_id"],
        relation=row["relation"],
        calling_kind=row["calling_kind"],
        answering_kind=row["answering_kind"],
        is_continuation=row["is_continuation"],
        calling_number=row["calling_number"],
    )


def _destination(row: Mapping[str, Any], version: RatePlanVersion) -> str:
    """Give the text of the number that the version's prefixes are of, "" where it is not known.

    Where nobody was bridged there is no answering number, even if one was tried.
    """
    if version.prefix_of == "answering_number" and row["answering_kind"] == "none":
        return ""
    number = row[version.prefix_of]
    return "" if number is None else str(number)
