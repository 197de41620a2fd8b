"""Which plan an account should buy, from the lake and the register as they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from cdrpipe.billing.advise import Advice, advise, established_on, numbers_held
from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.invoice import Invoice
from cdrpipe.billing.plan_cost import Offer, OfferMonth, OfferMonths, pooled_ms
from cdrpipe.billing.what_if import in_force_always
from cdrpipe.guiding.ownership import Ownership
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.lake.query import run_file
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.register.snapshot import RegisterSnapshot
from cdrpipe.report.allowance_calls import allowance_calls
from cdrpipe.report.invoice_preview import preview_invoices
from cdrpipe.report.known_account import check_account
from cdrpipe.report.repriced import hold_calls, reprice

_FIRST_CALL = Path(__file__).with_name("first_call.sql")
_UNPRICED_CALLS = Path(__file__).with_name("unpriced_calls.sql")


def advise_account(
    connection: duckdb.DuckDBPyConnection,
    snapshot: RegisterSnapshot,
    offers: Sequence[Offer],
    cycles: Sequence[BillCycle],
    *,
    account_id: str,
    calendar_files: Sequence[Path] = (),
) -> Advice:
    """Price an account's months under every offer, and rank the offers.

    Months before the account's first stored call are left out: they would be fees without calls.

    Parameters
    ----------
    cycles
        Months in a row.

    Returns
    -------
    The advice; without months and plans where there is no call until the last month's end.

    Raises
    ------
    ConfigError
        There is no such account.

    Notes
    -----
    Cost: the account's calls are read once, and priced once an offer. Memory: 300 bytes a call.
    """
    names = {account.account_id: account.name for account in snapshot.accounts}
    check_account(account_id, names)
    cycles = _since_first_call(connection, account_id, cycles)
    actual: list[Invoice] = []
    evaluated: list[OfferMonths] = []
    if cycles:
        for cycle in cycles:
            actual += preview_invoices(
                connection, snapshot, cycle, account_id=account_id, calendar_files=calendar_files
            )
        account = _Account(
            account_id=account_id,
            snapshot=snapshot,
            cycles=cycles,
            calendar_files=calendar_files,
            calendars=load_calendars(calendar_files),
        )
        with account.hold_calls(connection) as held:
            evaluated = [account.evaluate(held, offer) for offer in offers]
    return advise(
        evaluated,
        actual=actual,
        account_id=account_id,
        account_name=names[account_id],
        months=[cycle.month for cycle in cycles],
    )


def _since_first_call(
    connection: duckdb.DuckDBPyConnection, account_id: str, cycles: Sequence[BillCycle]
) -> list[BillCycle]:
    table = run_file(connection, _FIRST_CALL, {"account_id": account_id})
    first_on = table["billing_date"][0].as_py()
    return [cycle for cycle in cycles if first_on is not None and first_on < cycle.date_until]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """An account whose months are evaluated under one offer after another."""

    account_id: str
    snapshot: RegisterSnapshot
    cycles: Sequence[BillCycle]
    calendar_files: Sequence[Path]
    calendars: Mapping[str, Calendar]

    @property
    def ownerships(self) -> tuple[Ownership, ...]:
        """Give the account's own numbers."""
        return tuple(o for o in self.snapshot.ownerships if o.account_id == self.account_id)

    def hold_calls(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        """Take the account's calls out of the lake, to be priced again and again."""
        return hold_calls(
            connection,
            date_from=self.cycles[0].date_from,
            date_until=self.cycles[-1].date_until,
            account_id=self.account_id,
        )

    def evaluate(self, held: duckdb.DuckDBPyConnection, offer: Offer) -> OfferMonths:
        """Price the account's calls under an offer, and make its invoices."""
        other = replace(
            self.snapshot,
            ownerships=self.ownerships,
            subscriptions=(established_on(offer, account_id=self.account_id),),
            plan_versions=(in_force_always(offer.version),),
            top_ups=(),
        )
        repriced = reprice(
            held,
            other,
            self.calendars,
            date_from=self.cycles[0].date_from,
            date_until=self.cycles[-1].date_until,
            account_id=self.account_id,
        )
        with repriced:
            return OfferMonths(
                offer=offer,
                months=tuple(self._month(repriced, other, cycle) for cycle in self.cycles),
                numbers=numbers_held(self.ownerships, self.cycles),
                unpriced_calls=run_file(repriced, _UNPRICED_CALLS, {})["calls"][0].as_py(),
            )

    def _month(
        self, repriced: duckdb.DuckDBPyConnection, other: RegisterSnapshot, cycle: BillCycle
    ) -> OfferMonth:
        invoices = preview_invoices(
            repriced,
            other,
            cycle,
            account_id=self.account_id,
            calendar_files=self.calendar_files,
        )
        invoice = invoices[0] if invoices else None
        (version,) = other.plan_versions
        if version.pool is None or version.pool.granted_ms is None:
            return OfferMonth(invoice=invoice)
        (subscription,) = other.subscriptions
        calls_of = allowance_calls(
            repriced, [subscription.subscription_id], other.plan_versions, cycle=cycle
        )
        return OfferMonth(
            invoice=invoice,
            pool_ms=pooled_ms(
                calls_of(subscription.subscription_id),
                included_ms=version.allowance.monthly_ms if version.allowance else 0,
                cycle=cycle,
                calendars=self.calendars,
            ),
        )
