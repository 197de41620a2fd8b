"""``cdrpipe invoice``: what an account owes for a month."""

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import click

from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.output import console, emit_document, emit_rows, form_of, hint
from cdrpipe.cli.period import MONTH_HELP
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.billing.invoice import Invoice
    from cdrpipe.billing.prepaid import PrepaidUse

invoice = group("invoice", N_("What an account owes for a month: preview."))


@invoice.command(
    "preview", cls=Command, help=N_("Show what accounts owe for a month; posts nothing.")
)
@option("--month", required=True, metavar="YYYY-MM", help_text=MONTH_HELP)
@option("--account", metavar="ID", help_text=N_("Only this account."))
@click.pass_obj
def preview(flags: Flags, month: str, account: str | None) -> None:
    """Preview the invoices of a month, of one account or of all."""
    from cdrpipe.billing.bill_cycle import bill_cycle
    from cdrpipe.billing.invoice_line import InvoiceLine
    from cdrpipe.register.database import open_existing_register
    from cdrpipe.register.snapshot import load_snapshot
    from cdrpipe.report.ask import open_answers
    from cdrpipe.report.invoice_preview import preview_invoices

    try:
        cycle = bill_cycle(month)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--month") from None
    config = flags.config()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    snapshot = load_snapshot(register)
    register.dispose()
    invoices = preview_invoices(
        open_answers(config),
        snapshot,
        cycle,
        account_id=account,
        calendar_files=config.calendar_files,
    )
    empty = _("no account owes anything for {month}").format(month=month)
    form = form_of(flags)
    if form == "json":
        emit_document(
            {
                "kind": "invoice_preview",
                "month": month,
                "invoices": [_document(i) for i in invoices],
            }
        )
    elif form == "table":
        _print_sheets(flags, invoices)
    else:
        rows = [_flat(each, asdict(line)) for each in invoices for line in each.lines]
        columns = ["month", "account_name", *(field.name for field in fields(InvoiceLine))]
        emit_rows(flags, rows, kind="invoice_preview", columns=columns, if_empty=empty)
    if form in ("json", "table") and not any(each.lines for each in invoices):
        hint(flags, empty)


def _print_sheets(flags: Flags, invoices: "list[Invoice]") -> None:
    from cdrpipe.report.invoice_sheet import invoice_sheet

    screen = console(flags)
    for each in invoices[: flags.limit]:
        screen.print(invoice_sheet(each), crop=False)
        screen.print()


def _document(each: "Invoice") -> dict[str, Any]:
    return {
        "account_id": each.account_id,
        "account_name": each.account_name,
        "lines": [asdict(line) for line in each.lines],
        "allowances": [
            {
                "subscription_id": use.terms.subscription.subscription_id,
                "granted_ms": use.granted_ms,
                "used_ms": use.used_ms,
                "left_ms": use.left_ms,
                "calls": use.calls,
            }
            for use in each.allowances
        ],
        "prepaid": [_prepaid(use) for use in each.prepaid],
        "usage_micros": each.usage_micros,
        "net_cents": each.net_cents,
        "tax_cents": each.tax_cents,
        "total_cents": each.total_cents,
        "paid_cents": each.paid_cents,
        "remaining_cents": each.remaining_cents,
    }


def _prepaid(use: "PrepaidUse") -> dict[str, Any]:
    from cdrpipe.billing.bill_cycle import instant_of_us
    from cdrpipe.money import MICROS_PER_CENT

    top_up, is_minutes = use.after.top_up, use.after.is_minutes
    until_us = use.void_from_us
    return {
        "top_up_id": top_up.top_up_id,
        "kind": top_up.kind,
        "subscription_id": top_up.subscription_id,
        "paid_cents": None if is_minutes else use.paid_micros // MICROS_PER_CENT,
        "left_cents": None if is_minutes else use.after.left_micros // MICROS_PER_CENT,
        "used_ms": use.used_ms if is_minutes else None,
        "left_ms": use.after.left_ms if is_minutes else None,
        "valid_from": instant_of_us(top_up.valid_from_us),
        "valid_until": None if until_us is None else instant_of_us(until_us),
        "is_void": use.is_void,
    }


def _flat(each: "Invoice", line: dict[str, Any]) -> dict[str, Any]:
    return {"month": each.month, "account_name": each.account_name, **line}
