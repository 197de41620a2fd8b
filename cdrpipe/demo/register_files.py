"""Writes an invented register as the plain files that `cdrpipe account|number import` read."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from cdrpipe.demo.register_plan import RegisterPlan, plan_register

ACCOUNT_COLUMNS = ("account_id", "name", "opened_on", "contact")
SUBSCRIPTION_COLUMNS = (
    "subscription_id",
    "account_id",
    "plan_id",
    "service_number",
    "valid_from",
    "valid_until",
)
TOP_UP_COLUMNS = (
    "top_up_id",
    "account_id",
    "kind",
    "subscription_id",
    "paid",
    "granted",
    "valid_from",
    "valid_until",
)
NUMBER_COLUMNS = (
    "service_number",
    "account_id",
    "valid_from",
    "valid_until",
    "bill_from",
    "home_area_code",
    "bridged_is_answered_for",
)
BOUND_NUMBER_COLUMNS = ("service_number", "bound_number", "valid_from", "valid_until")


def write_register(folder: Path, *, accounts: int = 200, seed: int, month: str) -> RegisterPlan:
    """Invent a register and write its files.

    Parameters
    ----------
    folder
        Where ``accounts.csv``, ``subscriptions.csv``, ``top_ups.csv``, ``numbers.csv`` and
        ``bound_numbers.csv`` are written; made if it is not there.
    accounts
        How many enterprises.
    month
        ``YYYY-MM``, the month in which numbers change hands and plans change.
    """
    register = plan_register(accounts=accounts, seed=seed, month=month)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "accounts.csv", ACCOUNT_COLUMNS, _account_lines(register))
    _write(folder / "subscriptions.csv", SUBSCRIPTION_COLUMNS, _subscription_lines(register))
    _write(folder / "top_ups.csv", TOP_UP_COLUMNS, _top_up_lines(register))
    _write(folder / "numbers.csv", NUMBER_COLUMNS, _number_lines(register))
    _write(folder / "bound_numbers.csv", BOUND_NUMBER_COLUMNS, _bound_number_lines(register))
    return register


def _write(file: Path, columns: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)


def _account_lines(register: RegisterPlan) -> Iterable[Sequence[str]]:
    for account in register.accounts:
        yield account.account_id, account.name, _day(account.opened_on), account.contact


def _subscription_lines(register: RegisterPlan) -> Iterable[Sequence[str]]:
    for row in register.subscriptions:
        yield (
            row.subscription_id,
            row.account_id,
            row.plan_id,
            row.service_number or "",
            _day(row.valid_from),
            _day(row.valid_until),
        )


def _top_up_lines(register: RegisterPlan) -> Iterable[Sequence[str]]:
    for row in register.top_ups:
        yuan = "" if row.yuan is None else str(row.yuan)
        yield (
            row.top_up_id,
            row.account_id,
            row.kind,
            row.subscription_id or "",
            yuan if row.kind == "top_up" else "",
            yuan if row.kind == "gift" else "",
            _day(row.valid_from),
            _day(row.valid_until),
        )


def _number_lines(register: RegisterPlan) -> Iterable[Sequence[str]]:
    for row in register.ownerships:
        yield (
            row.service_number,
            row.account_id,
            _day(row.valid_from),
            _day(row.valid_until),
            row.bill_from,
            row.home_area_code,
            "",
        )


def _bound_number_lines(register: RegisterPlan) -> Iterable[Sequence[str]]:
    for row in register.ownerships:
        for phone in row.bound_numbers:
            yield row.service_number, phone, _day(row.valid_from), _day(row.valid_until)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
