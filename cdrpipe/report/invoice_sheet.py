"""An invoice preview as people read it: header, lines, sums, minutes left, what is not applied."""

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cdrpipe.billing.allowance_line import AllowanceUse
from cdrpipe.billing.invoice import Invoice
from cdrpipe.billing.invoice_line import InvoiceLine
from cdrpipe.language import N_, _
from cdrpipe.money import half_up, yuan_of_cents, yuan_of_micros
from cdrpipe.report.grid import Column, Grid

_WHAT_WIDTH = 16
_KIND_NAMES = {
    "rental": N_("Monthly rental"),
    "function_fee": N_("Function fee"),
    "usage": N_("Usage"),
    "allowance": N_("Paid by included minutes"),
    "minimum": N_("Up to the monthly minimum"),
}
_LINES_OF_CALLS = ("usage", "allowance")
RELATION_NAMES = {
    "unknown": N_("unknown"),
    "local": N_("local"),
    "long_distance": N_("long distance"),
    "international": N_("international"),
}
_TERM_NAMES = {
    "pool": N_("prepaid pool"),
    "prepaid": N_("top-up classes"),
    "activation_fee": N_("activation fee"),
    "number_fee": N_("number fee"),
}


def invoice_sheet(invoice: Invoice) -> RenderableType:
    """Lay an invoice preview out for a terminal: the lines of each plan under its name."""
    title = Text(f"{invoice.account_id}  {invoice.account_name}  {invoice.month}", style="bold")
    title.append("  " + _("preview, nothing is posted"), style="not bold")
    parts: list[RenderableType] = [title]
    by_plan: dict[str, list[InvoiceLine]] = {}
    for line in invoice.lines:
        by_plan.setdefault(f"{line.plan_id} v{line.plan_version}", []).append(line)
    for plan, lines in by_plan.items():
        parts += [Text(f"{_('plan')} {plan}"), _lines(lines)]
    parts.append(_sums(invoice))
    parts += [Text(_minutes_left(use, invoice.month)) for use in invoice.allowances]
    if invoice.unapplied_terms:
        terms = ", ".join(_(_TERM_NAMES[term]) for term in invoice.unapplied_terms)
        parts.append(
            Text(_("Stored, not applied yet in this preview: {terms}").format(terms=terms))
        )
    return Group(*parts)


def minutes_of_ms(duration_ms: int) -> Decimal:
    """Give a duration in minutes with one decimal, half-up.

    >>> minutes_of_ms(63_000)
    Decimal('1.1')
    """
    return Decimal(half_up(duration_ms, 6_000)).scaleb(-1)


def _lines(lines: Sequence[InvoiceLine]) -> Grid:
    figures = (_("calls"), _("minutes"), _("exact, yuan"), _("amount, yuan"))
    columns = [
        Column(name=_("what"), fold_width=_WHAT_WIDTH),
        Column(name=_("number")),
        *(Column(name=name, is_right=True) for name in figures),
    ]
    return Grid(columns, [_cells(line) for line in lines])


def _cells(line: InvoiceLine) -> tuple[str, ...]:
    is_of_calls = line.kind in _LINES_OF_CALLS
    exact_micros = line.usage_micros + line.allowance_micros
    return (
        _what(line),
        line.service_number or _("all"),
        f"{line.calls:,}" if is_of_calls else "",
        f"{minutes_of_ms(line.billable_ms):,f}" if is_of_calls else "",
        f"{yuan_of_micros(exact_micros):,f}" if is_of_calls else "",
        f"{yuan_of_cents(line.amount_cents):,f}",
    )


def _what(line: InvoiceLine) -> str:
    words = [_(_KIND_NAMES[line.kind]), line.item]
    if line.kind == "usage":
        words += [_(RELATION_NAMES[line.relation]), line.zone, line.band]
    return " · ".join(word for word in words if word)


def _minutes_left(use: AllowanceUse, month: str) -> str:
    return _(
        "Included minutes of {subscription}: {granted} granted, {used} used, {left} left, "
        "void after {month}"
    ).format(
        subscription=use.terms.subscription.subscription_id,
        granted=f"{minutes_of_ms(use.granted_ms):,f}",
        used=f"{minutes_of_ms(use.used_ms):,f}",
        left=f"{minutes_of_ms(use.left_ms):,f}",
        month=month,
    )


def _sums(invoice: Invoice) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for kind, name in _KIND_NAMES.items():
        if any(line.kind == kind for line in invoice.lines):
            table.add_row(_(name), f"{yuan_of_cents(invoice.subtotal_cents(kind)):,f}")
    table.add_row(_("Net"), f"{yuan_of_cents(invoice.net_cents):,f}")
    table.add_row(_("VAT"), f"{yuan_of_cents(invoice.tax_cents):,f}")
    table.add_row(_("Total, VAT included"), f"¥ {yuan_of_cents(invoice.total_cents):,f}")
    return table
