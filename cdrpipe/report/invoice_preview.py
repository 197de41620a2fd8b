"""What each account owes for a month, from the lake and the register as they stand."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe.billing.allowance_line import AllowanceUse, granted_ms, use_allowance
from cdrpipe.billing.bill_cycle import BillCycle, bill_cycles
from cdrpipe.billing.invoice import Invoice, make_invoices
from cdrpipe.billing.month_terms import MonthTerms, terms_of_month
from cdrpipe.billing.prepaid import Prepaid, left_after, prepaid_at_first, stretches_us
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.lake.query import run_file
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.register.snapshot import RegisterSnapshot
from cdrpipe.report.allowance_calls import allowance_calls
from cdrpipe.report.known_account import check_account

_USAGE_SUMS = Path(__file__).parent / "usage_sums.sql"
_STRETCH_SUMS = Path(__file__).parent / "stretch_sums.sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A lake and a register that months were made from, whatever a later one is made from."""

    connection: duckdb.DuckDBPyConnection
    snapshot: RegisterSnapshot


def preview_invoices(
    connection: duckdb.DuckDBPyConnection,
    snapshot: RegisterSnapshot,
    cycle: BillCycle,
    *,
    account_id: str | None = None,
    calendar_files: Sequence[Path] = (),
    past: Past | None = None,
) -> list[Invoice]:
    """Make the invoices of a month, of one account or of all, by account_id; nothing is posted.

    Parameters
    ----------
    calendar_files
        The operator's calendars, over the packaged one: calls that included time pays for in part
        are priced again.
    past
        What the months before this one are made from; None: from the same as this one.

    Raises
    ------
    ConfigError
        There is no such account.

    Notes
    -----
    What is left of a top-up follows from all months since the account's first one, and these are
    made first: their sums for all, and call by call only where a subscription has included time.
    """
    names = {account.account_id: account.name for account in snapshot.accounts}
    if account_id is not None:
        check_account(account_id, names)
    asked = names.keys() if account_id is None else {account_id}
    source = _Source(
        connection=connection,
        snapshot=snapshot,
        names=names,
        account_id=account_id,
        calendars=partial(load_calendars, calendar_files),
    )
    earlier = source
    if past is not None:
        earlier = replace(source, connection=past.connection, snapshot=past.snapshot)
    return source.invoices(cycle, asked, _prepaid_before(earlier, cycle, asked))


def prepaid_before(
    connection: duckdb.DuckDBPyConnection,
    snapshot: RegisterSnapshot,
    cycle: BillCycle,
    *,
    account_id: str,
    calendars: Mapping[str, Calendar],
) -> list[Prepaid]:
    """Give an account's top-ups with what is left of them when a month begins."""
    source = _Source(
        connection=connection,
        snapshot=snapshot,
        names={account.account_id: account.name for account in snapshot.accounts},
        account_id=account_id,
        calendars=lambda: calendars,
    )
    return _prepaid_before(source, cycle, {account_id})


def _prepaid_before(source: "_Source", cycle: BillCycle, asked: Collection[str]) -> list[Prepaid]:
    """Make the months since the first top-up, and give what they left."""
    snapshot = source.snapshot
    prepaid = prepaid_at_first(
        [
            top_up
            for top_up in snapshot.top_ups
            if top_up.account_id in asked and top_up.valid_from_us < cycle.until_us
        ],
        snapshot.subscriptions,
        snapshot.plan_versions,
    )
    first_us = min((each.top_up.valid_from_us for each in prepaid), default=cycle.from_us)
    *earlier, _ = bill_cycles(first_us, cycle)
    for month in earlier:
        begun = {
            each.top_up.account_id for each in prepaid if each.top_up.valid_from_us < month.until_us
        }
        invoices = source.invoices(month, begun, prepaid)
        prepaid = left_after(prepaid, (use for invoice in invoices for use in invoice.prepaid))
    return prepaid


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What invoices are made from, whatever the month."""

    connection: duckdb.DuckDBPyConnection
    snapshot: RegisterSnapshot
    names: Mapping[str, str]
    account_id: str | None  # the only account asked for; None: all
    calendars: Callable[[], Mapping[str, Calendar]]

    def invoices(
        self, cycle: BillCycle, account_ids: Iterable[str], prepaid: Sequence[Prepaid]
    ) -> list[Invoice]:
        """Make the invoices of some accounts, with what is left of top-ups before the month."""
        wanted = set(account_ids)
        snapshot = self.snapshot
        month_terms = terms_of_month(
            [each for each in snapshot.subscriptions if each.account_id in wanted],
            snapshot.plan_versions,
            cycle=cycle,
        )
        alive = [each for each in prepaid if each.is_alive_in(cycle)]
        yuan_of: dict[str, list[Prepaid]] = defaultdict(list)
        for each in alive:
            if not each.is_minutes:
                yuan_of[each.top_up.account_id].append(each)
        starts_of = {
            account_id: stretches_us(of_yuan, cycle=cycle)
            for account_id, of_yuan in yuan_of.items()
        }
        return make_invoices(
            self._usage_sums(cycle, wanted),
            self._uses(cycle, month_terms, alive, starts_of),
            account_names=self.names,
            month_terms=month_terms,
            ownerships=snapshot.ownerships,
            cycle=cycle,
            prepaid=alive,
            stretch_sums=self._stretch_sums(cycle, starts_of),
        )

    def _uses(
        self,
        cycle: BillCycle,
        month_terms: Iterable[MonthTerms],
        alive: Iterable[Prepaid],
        starts_of: Mapping[str, Sequence[int]],
    ) -> list[AllowanceUse]:
        """Let allowances, and minutes that were prepaid or given, pay for calls."""
        minutes_of: dict[str | None, list[Prepaid]] = defaultdict(list)
        for each in alive:
            if each.is_minutes:
                minutes_of[each.top_up.subscription_id].append(each)
        granted = [
            terms
            for terms in month_terms
            if granted_ms(terms, cycle=cycle) or minutes_of[terms.subscription.subscription_id]
        ]
        calls_of = allowance_calls(
            self.connection,
            [terms.subscription.subscription_id for terms in granted],
            self.snapshot.plan_versions,
            cycle=cycle,
        )
        calendars = self.calendars() if granted else {}
        return [
            use_allowance(
                terms,
                calls_of(terms.subscription.subscription_id),
                cycle=cycle,
                calendars=calendars,
                pools=minutes_of[terms.subscription.subscription_id],
                starts_us=starts_of.get(terms.subscription.account_id, ()),
            )
            for terms in granted
        ]

    def _usage_sums(self, cycle: BillCycle, account_ids: set[str]) -> pa.Table:
        sums = run_file(
            self.connection,
            _USAGE_SUMS,
            {
                "date_from": cycle.date_from,
                "date_until": cycle.date_until,
                "account_id": self.account_id,
            },
        )
        if account_ids >= self.names.keys():
            return sums  # also what accounts owe that have left the register
        return sums.filter(pc.is_in(sums["account_id"], pa.array(sorted(account_ids), pa.string())))

    def _stretch_sums(
        self, cycle: BillCycle, starts_of: Mapping[str, Sequence[int]]
    ) -> dict[str, dict[int, int]]:
        """Sum the usage of the accounts whose yuan cut the month in several stretches."""
        stretches = [
            (account_id, start_us)
            for account_id, starts_us in starts_of.items()
            if len(starts_us) > 1
            for start_us in starts_us
        ]
        if not stretches:
            return {}
        account_ids, starts_us = zip(*stretches, strict=True)
        sums = run_file(
            self.connection,
            _STRETCH_SUMS,
            {
                "date_from": cycle.date_from,
                "date_until": cycle.date_until,
                "account_ids": list(account_ids),
                "starts_us": list(starts_us),
            },
        )
        by_account: dict[str, dict[int, int]] = defaultdict(dict)
        for row in sums.to_pylist():
            by_account[row["account_id"]][row["start_us"]] = row["usage_micros"]
        return by_account
