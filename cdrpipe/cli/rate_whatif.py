"""``cdrpipe rate whatif``: a month under another tariff; nothing is stored."""

from typing import TYPE_CHECKING, Any

import click

from cdrpipe.cli.frame import Command, Flags, option
from cdrpipe.cli.output import (
    TABLE_ROWS_MAX,
    console,
    emit_document,
    emit_rows,
    form_of,
    hint,
)
from cdrpipe.cli.period import MONTH_HELP
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.billing.what_if import CallGroup, MonthDifference, OtherTariff, PricedBy

TARIFF_HELP = N_("A plan file, a stored PLAN or PLAN@VERSION (a draft too); may be repeated.")

_COLUMNS = (
    "account_id",
    "account_name",
    "calls",
    "calls_changed",
    "unpriced_calls",
    "usage_before_micros",
    "usage_after_micros",
    "usage_difference_micros",
    "invoice_before_cents",
    "invoice_after_cents",
    "invoice_difference_cents",
)


@click.command(
    "whatif",
    cls=Command,
    help=N_("Price a month's calls by another tariff and compare; stores nothing."),
)
@option("--tariff", "names", multiple=True, required=True, metavar="T", help_text=TARIFF_HELP)
@option("--month", required=True, metavar="YYYY-MM", help_text=MONTH_HELP)
@option("--account", metavar="ID", help_text=N_("Only this account."))
@option(
    "--every-plan",
    is_flag=True,
    help_text=N_("The tariff stands in for every plan of the accounts."),
)
@click.pass_obj
def whatif(
    flags: Flags, names: tuple[str, ...], month: str, account: str | None, *, every_plan: bool
) -> None:
    """Compare a month with what it would be under other tariffs."""
    from cdrpipe.billing.bill_cycle import bill_cycle
    from cdrpipe.intake.calendar_data import load_calendars
    from cdrpipe.register.database import open_existing_register
    from cdrpipe.register.snapshot import load_snapshot
    from cdrpipe.report.ask import open_answers
    from cdrpipe.report.other_tariff import read_tariffs, stored_versions
    from cdrpipe.report.what_if import what_if

    try:
        cycle = bill_cycle(month)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--month") from None
    config = flags.config()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    snapshot, stored = load_snapshot(register), stored_versions(register)
    register.dispose()
    tariffs = read_tariffs(names, stored, calendars=load_calendars(config.calendar_files))
    differences = what_if(
        open_answers(config),
        snapshot,
        tariffs,
        cycle,
        account_id=account,
        every_plan=every_plan,
        calendar_files=config.calendar_files,
    )
    _print(flags, month, tariffs, differences)


def _print(
    flags: Flags,
    month: str,
    tariffs: "list[OtherTariff]",
    differences: "list[MonthDifference]",
) -> None:
    empty = _("no calls in {month}").format(month=month)
    form = form_of(flags)
    if form == "json":
        emit_document(
            {
                "kind": "what_if",
                "month": month,
                "tariffs": [
                    {
                        "name": tariff.name,
                        "plan_id": tariff.plan_id,
                        "plan_versions": [version.version for version in tariff.versions],
                    }
                    for tariff in tariffs
                ],
                "accounts": [_document(each) for each in differences[: flags.limit]],
            }
        )
    elif form == "table":
        from cdrpipe.report.what_if_sheet import what_if_sheet

        shown_max = TABLE_ROWS_MAX if flags.limit is None else flags.limit
        console(flags).print(what_if_sheet(differences, shown_max=shown_max), crop=False)
    else:
        rows = (_flat(each) for each in differences)
        columns = (*_COLUMNS, "unpriced", "reasons")
        emit_rows(flags, rows, kind="what_if", columns=columns, if_empty=empty)
    is_said = not differences and form not in ("json", "table")
    if not is_said and not any(each.calls for each in differences):
        hint(flags, empty)


def _figures(each: "MonthDifference") -> dict[str, Any]:
    return {name: getattr(each, name) for name in _COLUMNS}


def _flat(each: "MonthDifference") -> dict[str, Any]:
    from cdrpipe.report.what_if_sheet import reason_sentence

    return _figures(each) | {
        "unpriced": "; ".join(f"{name}: {calls}" for name, calls in each.unpriced.items()),
        "reasons": "; ".join(reason_sentence(group) for group in each.reasons),
    }


def _document(each: "MonthDifference") -> dict[str, Any]:
    return _figures(each) | {
        "unpriced": dict(each.unpriced),
        "reasons": [_reason(group) for group in each.reasons],
    }


def _reason(group: "CallGroup") -> dict[str, Any]:
    from cdrpipe.report.what_if_sheet import reason_sentence

    return {
        "relation": group.relation,
        "zone": group.zone,
        "band": group.band,
        "before": _priced(group.before),
        "after": None if group.after is None else _priced(group.after),
        "suspense_reason": group.reason or None,
        "calls": group.calls,
        "calls_changed": group.calls_changed,
        "before_micros": group.before_micros,
        "after_micros": group.after_micros,
        "difference_micros": group.difference_micros,
        "sentence": reason_sentence(group),
    }


def _priced(priced: "PricedBy") -> dict[str, Any]:
    return {
        "plan_id": priced.plan_id,
        "plan_version": priced.plan_version,
        "rate_id": priced.rate_id,
    }
