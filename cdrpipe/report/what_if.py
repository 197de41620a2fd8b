"""A month under another tariff, from the lake and the register as they stand; nothing is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.what_if import (
    CallGroup,
    MonthDifference,
    OtherTariff,
    PricedBy,
    compare_accounts,
    under_other_tariffs,
)
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.lake.query import run_file
from cdrpipe.register.snapshot import RegisterSnapshot
from cdrpipe.report.invoice_preview import Past, preview_invoices
from cdrpipe.report.repriced import reprice
from cdrpipe.tariff.rate_plan import RatePlanVersion

_CALLS = Path(__file__).with_name("what_if_calls.sql")


def what_if(
    connection: duckdb.DuckDBPyConnection,
    snapshot: RegisterSnapshot,
    tariffs: Sequence[OtherTariff],
    cycle: BillCycle,
    *,
    account_id: str | None = None,
    every_plan: bool = False,
    calendar_files: Sequence[Path] = (),
) -> list[MonthDifference]:
    """Price a month's calls by other tariffs, and set it beside the month as it is.

    Parameters
    ----------
    connection
        A connection on the lake (``report/ask.py``).
    account_id
        None: all accounts.
    every_plan
        The tariff stands in for every plan of the accounts.

    Raises
    ------
    ConfigError
        There is no such account; or as of ``under_other_tariffs``.
    Refused
        As of ``under_other_tariffs``.
    """
    before = preview_invoices(
        connection, snapshot, cycle, account_id=account_id, calendar_files=calendar_files
    )
    terms = under_other_tariffs(
        tariffs,
        subscriptions=snapshot.subscriptions,
        plan_versions=snapshot.plan_versions,
        cycle=cycle,
        account_id=account_id,
        every_plan=every_plan,
    )
    other = replace(snapshot, subscriptions=terms.subscriptions, plan_versions=terms.plan_versions)
    repriced = reprice(
        connection,
        other,
        load_calendars(calendar_files),
        date_from=cycle.date_from,
        date_until=cycle.date_until,
        account_id=account_id,
    )
    rates_before, rates_after = _Rates(snapshot.plan_versions), _Rates(other.plan_versions)
    with repriced:
        groups = [
            _group(row, rates_before, rates_after)
            for row in run_file(repriced, _CALLS, {}).to_pylist()
        ]
        after = preview_invoices(
            repriced,
            other,
            cycle,
            account_id=account_id,
            calendar_files=calendar_files,
            past=Past(connection=connection, snapshot=snapshot),
        )
    return compare_accounts(
        groups,
        before=before,
        after=after,
        account_names={account.account_id: account.name for account in snapshot.accounts},
    )


class _Rates:
    """The rates of plan versions by plan, version and id."""

    def __init__(self, versions: Iterable[RatePlanVersion]) -> None:
        self._rates = {
            (version.plan_id, version.version, rate.rate_id): rate
            for version in versions
            for rate in version.rates
        }

    def priced_by(self, plan_id: str, plan_version: int, rate_id: str) -> PricedBy:
        """Name what a call was priced by."""
        return PricedBy(
            plan_id=plan_id,
            plan_version=plan_version,
            rate_id=rate_id,
            rate=self._rates.get((plan_id, plan_version, rate_id)),
        )


def _group(row: Mapping[str, Any], before: _Rates, after: _Rates) -> CallGroup:
    is_priced = row["plan_id"] is not None
    return CallGroup(
        account_id=row["account_id"],
        relation=row["relation"],
        zone=row["zone"],
        band=row["band"],
        before=before.priced_by(
            row["plan_id_before"], row["plan_version_before"], row["rate_id_before"]
        ),
        after=after.priced_by(row["plan_id"], row["plan_version"], row["rate_id"])
        if is_priced
        else None,
        reason=row["suspense_reason"],
        calls=row["calls"],
        calls_changed=row["calls_changed"],
        before_micros=row["before_micros"],
        after_micros=row["after_micros"],
    )
