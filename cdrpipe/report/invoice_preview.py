"""What each account owes for a month, from the lake and the register as they stand."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from cdrpipe.billing.allowance_line import granted_ms, use_allowance
from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.invoice import Invoice, make_invoices
from cdrpipe.billing.month_terms import terms_of_month
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.lake.query import run_file
from cdrpipe.register.snapshot import RegisterSnapshot
from cdrpipe.report.allowance_calls import allowance_calls
from cdrpipe.report.known_account import check_account

_USAGE_SUMS = Path(__file__).parent / "usage_sums.sql"


def preview_invoices(
    connection: duckdb.DuckDBPyConnection,
    snapshot: RegisterSnapshot,
    cycle: BillCycle,
    *,
    account_id: str | None = None,
    calendar_files: Sequence[Path] = (),
) -> list[Invoice]:
    """Make the invoices of a month, of one account or of all, by account_id; nothing is posted.

    Parameters
    ----------
    calendar_files
        The operator's calendars, over the packaged one: calls that included time pays for in part
        are priced again.

    Raises
    ------
    ConfigError
        There is no such account.
    """
    names = {account.account_id: account.name for account in snapshot.accounts}
    if account_id is not None:
        check_account(account_id, names)
    sums = run_file(
        connection,
        _USAGE_SUMS,
        {
            "date_from": cycle.date_from,
            "date_until": cycle.date_until,
            "account_id": account_id,
        },
    )
    month_terms = terms_of_month(
        [
            subscription
            for subscription in snapshot.subscriptions
            if account_id in (None, subscription.account_id)
        ],
        snapshot.plan_versions,
        cycle=cycle,
    )
    granted = [terms for terms in month_terms if granted_ms(terms, cycle=cycle)]
    calls_of = allowance_calls(
        connection,
        [terms.subscription.subscription_id for terms in granted],
        snapshot.plan_versions,
        cycle=cycle,
    )
    calendars = load_calendars(calendar_files) if granted else {}
    return make_invoices(
        sums,
        [
            use_allowance(
                terms,
                calls_of(terms.subscription.subscription_id),
                cycle=cycle,
                calendars=calendars,
            )
            for terms in granted
        ],
        account_names=names,
        month_terms=month_terms,
        ownerships=snapshot.ownerships,
        cycle=cycle,
    )
