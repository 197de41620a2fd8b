"""Import accounts, what they subscribe to and pay in (``docs/register.md`` has the files)."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from cdrpipe.register import tables
from cdrpipe.register.cells import (
    read_date,
    read_identifier,
    read_instant_us,
    read_service_number,
    read_words,
)
from cdrpipe.register.database import writing
from cdrpipe.register.fault_list import FaultList
from cdrpipe.register.intervals import refuse_overlaps
from cdrpipe.register.master_file import Column, FileKind, MasterRow, read_master_files
from cdrpipe.register.merge import ImportResult, merge_rows, store
from cdrpipe.register.references import known_values, refuse_unknown
from cdrpipe.register.top_ups import TOP_UP_FILE, settle_top_ups

ACCOUNT_FILE = FileKind(
    name="account",
    table=tables.account,
    columns=(
        Column(name="account_id", field="account_id", read=read_identifier, is_required=True),
        Column(name="name", field="name", read=read_words, is_required=True),
        Column(name="opened_on", field="opened_on", read=read_date),
        Column(name="contact", field="contact", read=read_words),
    ),
)
SUBSCRIPTION_FILE = FileKind(
    name="subscription",
    table=tables.subscription,
    columns=(
        Column(
            name="subscription_id", field="subscription_id", read=read_identifier, is_required=True
        ),
        Column(name="account_id", field="account_id", read=read_identifier, is_required=True),
        Column(name="plan_id", field="plan_id", read=read_identifier, is_required=True),
        Column(name="service_number", field="service_number", read=read_service_number),
        Column(name="valid_from", field="valid_from_us", read=read_instant_us, is_required=True),
        Column(name="valid_until", field="valid_until_us", read=read_instant_us),
    ),
)


def import_accounts(engine: Engine, files: Sequence[Path], *, now_us: int) -> ImportResult:
    """Store the accounts, subscriptions and top-ups of some files, all or none.

    A row replaces the stored one of the same account_id or subscription_id; a top-up stays as it
    was stored.

    Raises
    ------
    TariffError
        Anything in any file is wrong; carries every fault, and nothing was stored.
    """
    faults = FaultList()
    rows = read_master_files(files, (ACCOUNT_FILE, SUBSCRIPTION_FILE, TOP_UP_FILE), faults)
    with writing(engine) as connection:
        accounts = merge_rows(connection, tables.account, rows, faults)
        subscriptions = merge_rows(connection, tables.subscription, rows, faults)
        top_ups = merge_rows(connection, tables.top_up, rows, faults)
        _refuse_unknown_references(connection, rows, faults)
        top_ups = settle_top_ups(connection, top_ups, subscriptions, faults)
        refuse_overlaps(
            subscriptions,
            lambda values: (values["account_id"], values["service_number"]),
            subject=lambda group: (
                f"account {group[0]}'s subscription for {group[1] or 'all of its numbers'}"
            ),
            faults=faults,
        )
        faults.raise_if_any()
        merges = (accounts, subscriptions, *([top_ups] if top_ups.incoming else []))
        return store(connection, merges, now_us=now_us)


def _refuse_unknown_references(
    connection: Connection, rows: Sequence[MasterRow], faults: FaultList
) -> None:
    for table in (tables.subscription, tables.top_up):
        refuse_unknown(
            rows,
            table=table,
            name="account_id",
            known=known_values(connection, tables.account.c.account_id, rows),
            hint="Import the account first, or in the same command.",
            faults=faults,
        )
    refuse_unknown(
        rows,
        table=tables.top_up,
        name="subscription_id",
        known=known_values(connection, tables.subscription.c.subscription_id, rows),
        hint="Import the subscription first, or in the same command.",
        faults=faults,
    )
    refuse_unknown(
        rows,
        table=tables.subscription,
        name="plan_id",
        known=known_values(connection, tables.rate_plan_version.c.plan_id, ()),
        hint="Import the plan first: cdrpipe tariff import.",
        faults=faults,
    )
