"""What each account owes for a month, from the lake and the register as they stand."""

from pathlib import Path

import duckdb

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.invoice import Invoice, make_invoices
from cdrpipe.errors import ConfigError
from cdrpipe.lake.query import run_file
from cdrpipe.register.snapshot import RegisterSnapshot

_USAGE_SUMS = Path(__file__).parent / "usage_sums.sql"


def preview_invoices(
    connection: duckdb.DuckDBPyConnection,
    snapshot: RegisterSnapshot,
    cycle: BillCycle,
    *,
    account_id: str | None = None,
) -> list[Invoice]:
    """Make the invoices of a month, of one account or of all, by account_id; nothing is posted.

    Raises
    ------
    ConfigError
        There is no such account.
    """
    names = {account.account_id: account.name for account in snapshot.accounts}
    if account_id is not None and account_id not in names:
        raise ConfigError(
            f"expected an account of the register, got {account_id!r}",
            code="ACCOUNT_UNKNOWN",
            where="--account",
            hint="all:  cdrpipe account list",
        )
    sums = run_file(
        connection,
        _USAGE_SUMS,
        {
            "date_from": cycle.date_from,
            "date_until": cycle.date_until,
            "account_id": account_id,
        },
    )
    return make_invoices(
        sums,
        account_names=names,
        subscriptions=[
            subscription
            for subscription in snapshot.subscriptions
            if account_id in (None, subscription.account_id)
        ],
        plan_versions=snapshot.plan_versions,
        cycle=cycle,
    )
