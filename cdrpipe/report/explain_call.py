"""Why a call costs what it costs: its records from the lake, its plan from the register."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from cdrpipe.billing.allowance_line import granted_ms, grants_used
from cdrpipe.billing.bill_cycle import bill_cycle
from cdrpipe.billing.month_terms import terms_of_month
from cdrpipe.errors import InputError
from cdrpipe.guiding.ownership import Ownership, owner_at
from cdrpipe.lake.query import run_file
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.rating.allowance import CallKey
from cdrpipe.rating.call_facts import version_of_row, versions_by_row
from cdrpipe.rating.explain import CallExplanation, explain_call
from cdrpipe.rating.rate_choice import RateChoice, weigh_rates
from cdrpipe.register.snapshot import RegisterSnapshot
from cdrpipe.report.allowance_calls import allowance_calls
from cdrpipe.report.invoice_preview import prepaid_before

_EXPLAIN_CALL = Path(__file__).with_name("explain_call.sql")

# A call id names one call, or the few legs and parts of one; more are told of, not explained.
RECORDS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludedTime:
    """What the month's included time did for one call.

    It is the allowance, and what is left of pools and gifts of minutes when the month begins.
    ``left_ms`` is what this call left for those behind it; ``charge_after_micros`` what the
    enterprise owes for the rest of the call. ``paid_by`` names the grants that paid and their time
    in this order: ALLOWANCE_ID, or the id of a top-up.
    """

    month: str
    granted_ms: int
    used_ms: int
    left_ms: int
    charge_after_micros: int
    paid_by: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRecord:
    """One record of a call, and why it costs what it costs.

    Attributes
    ----------
    row
        The columns of ``explain_call.sql``.
    account_name, ownership
        Whose call it is, and since when the number is theirs; "" and None where not known.
    explanation
        None where the record is no rated call, or its plan version is not in the register.
    choices
        By party, why its rate won; none of a party that no rate was chosen for.
    included_time
        None where the subscription's plan includes none.
    """

    row: Mapping[str, Any]
    account_name: str = ""
    ownership: Ownership | None = None
    explanation: CallExplanation | None = None
    choices: Mapping[str, RateChoice] = field(default_factory=dict)
    included_time: IncludedTime | None = None

    @property
    def is_rated(self) -> bool:
        """Tell whether it is a rated call: the only record with charges."""
        return bool(self.row["outcome"] == "rated")

    @property
    def agrees(self) -> bool:
        """Tell whether the stored charges, if there are any, are what comes out now."""
        if not self.is_rated:
            return True
        return self.explanation is not None and self.explanation.agrees


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedCall:
    """The records of a call id, calls first, and how many beyond ``RECORDS_MAX`` are left out."""

    call_id: str
    records: Sequence[ExplainedRecord]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What records are explained by."""

    connection: duckdb.DuckDBPyConnection
    snapshot: RegisterSnapshot
    calendars: Mapping[str, Calendar]


def explain_records(
    connection: duckdb.DuckDBPyConnection,
    snapshot: RegisterSnapshot,
    calendars: Mapping[str, Calendar],
    *,
    call_id: str,
    source: str | None = None,
    leg: str | None = None,
    partial_no: int | None = None,
) -> ExplainedCall:
    """Explain every record of a call id, of all sources, legs and parts or of those named.

    Raises
    ------
    InputError
        No record has this call id, source, leg and part.
    """
    chosen = {"source": source, "leg": leg, "partial_no": partial_no}
    rows = run_file(connection, _EXPLAIN_CALL, {"call_id": call_id, **chosen}).to_pylist()
    if not rows:
        narrowed = [f"{name} {value!r}" for name, value in chosen.items() if value is not None]
        raise InputError(
            f"expected the call id of a stored record, got {' '.join([repr(call_id), *narrowed])}",
            code="CALL_UNKNOWN",
            where="CALL",
            hint="leave --source, --leg and --part out to see all that the call id has"
            if narrowed
            else "find it:  cdrpipe sql \"SELECT call_id FROM record WHERE billing_date = '…'\"",
        )
    known = _Known(connection=connection, snapshot=snapshot, calendars=calendars)
    return ExplainedCall(
        call_id=call_id,
        records=[_explained(row, known) for row in rows[:RECORDS_MAX]],
        left_out=max(0, len(rows) - RECORDS_MAX),
    )


def _explained(row: Mapping[str, Any], known: _Known) -> ExplainedRecord:
    names = {account.account_id: account.name for account in known.snapshot.accounts}
    version = version_of_row(row, versions_by_row(known.snapshot.plan_versions))
    explanation = None
    if row["outcome"] == "rated" and version is not None:
        explanation = explain_call(row, version, known.calendars)
    return ExplainedRecord(
        row=row,
        account_name=names.get(row["account_id"], ""),
        ownership=_ownership(row, known.snapshot.ownerships),
        explanation=explanation,
        choices={} if explanation is None else _choices(explanation, known.calendars),
        included_time=None if explanation is None else _included_time(row, known),
    )


def _ownership(row: Mapping[str, Any], ownerships: Sequence[Ownership]) -> Ownership | None:
    """Find the interval in which the call's account owned the number; None where it is no more."""
    at_us = row["billing_started_at_us"]
    if at_us is None or row["service_number"] is None:
        return None
    of_account = [each for each in ownerships if each.account_id == row["account_id"]]
    return owner_at(row["service_number"], at_us, of_account)


def _choices(
    explanation: CallExplanation, calendars: Mapping[str, Calendar]
) -> dict[str, RateChoice]:
    version = explanation.version
    calendar = None if version.calendar is None else calendars.get(version.calendar)
    return {
        each.party: weigh_rates(
            version, calendar, party=each.party, call=each.facts, share=each.share
        )
        for each in explanation.shares
        if each.share is not None and each.case != "free_number"
    }


def _included_time(row: Mapping[str, Any], known: _Known) -> IncludedTime | None:
    """Let the month's included time pay for the subscription's calls up to this one."""
    cycle = bill_cycle(f"{row['billing_date']:%Y-%m}")
    subscription_id = row["subscription_id"]
    terms = terms_of_month(
        [each for each in known.snapshot.subscriptions if each.subscription_id == subscription_id],
        known.snapshot.plan_versions,
        cycle=cycle,
    )
    if not terms:
        return None
    pools = [
        each
        for each in prepaid_before(
            known.connection,
            known.snapshot,
            cycle,
            account_id=row["account_id"],
            calendars=known.calendars,
        )
        if each.is_minutes
        and each.top_up.subscription_id == subscription_id
        and each.is_alive_in(cycle)
    ]
    all_granted_ms = granted_ms(terms[0], cycle=cycle) + sum(pool.left_ms for pool in pools)
    if not all_granted_ms:
        return None
    calls_of = allowance_calls(
        known.connection, [subscription_id], known.snapshot.plan_versions, cycle=cycle
    )
    key = CallKey(
        row["billing_started_at_us"],
        row["call_id"],
        row["source"],
        row["leg"],
        row["partial_no"],
    )
    used = grants_used(
        terms[0],
        (call for call in calls_of(subscription_id) if call.key <= key),
        cycle=cycle,
        calendars=known.calendars,
        pools=pools,
    )
    use = next(each for each in used.calls if each.call.key == key)
    return IncludedTime(
        month=cycle.month,
        granted_ms=all_granted_ms,
        used_ms=use.used_ms,
        left_ms=sum(used.left_ms.values()),
        charge_after_micros=use.charge_after_micros,
        paid_by=use.used_ms_of,
    )
