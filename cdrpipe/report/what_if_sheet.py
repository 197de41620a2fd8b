"""A month under another tariff as people read it: accounts, their sums, and the top reasons."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from cdrpipe.billing.what_if import CallGroup, MonthDifference, PricedBy
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.language import _
from cdrpipe.money import yuan_of_cents, yuan_of_micros
from cdrpipe.report.grid import Column, Grid
from cdrpipe.report.words import RELATION_NAMES
from cdrpipe.tariff.rate_plan import Rate

_MINUTE_MS = 60_000
_NAME_WIDTH = 16

# Accounts whose reasons are told; the others' are in the other forms of output.
_EXPLAINED_MAX = 10


def what_if_sheet(differences: Sequence[MonthDifference], *, shown_max: int) -> RenderableType:
    """Lay a comparison out for a terminal.

    Parameters
    ----------
    shown_max
        Accounts shown; the sum is of all.
    """
    columns = [Column(name=_("account")), Column(name=_("name"), fold_width=_NAME_WIDTH)]
    columns += [
        Column(name=name, is_right=True)
        for name in (
            _("calls"),
            _("without price"),
            _("usage, yuan"),
            _("usage then"),
            _("difference"),
            _("invoice, yuan"),
            _("invoice then"),
            _("difference"),
        )
    ]
    rows = [_cells(each) for each in differences[:shown_max]]
    rows.append(_sum_cells(differences))
    explained = [each for each in differences[:shown_max] if each.reasons or each.unpriced]
    parts: list[RenderableType] = [Grid(columns, rows)]
    for each in explained[:_EXPLAINED_MAX]:
        parts.append(Text(f"{each.account_id}  {each.account_name}", style="bold"))
        parts += [Text(f"  {reason_sentence(group)}") for group in each.reasons]
        parts += [Text(f"  {sentence}") for sentence in unpriced_sentences(each)]
    return Group(*parts)


def reason_sentence(group: CallGroup) -> str:
    """Say what made some calls dearer or cheaper, and by how much."""
    words = [_(RELATION_NAMES[group.relation]), group.zone, group.band]
    return _("{what}: {calls} calls, {before} -> {after}: {difference} yuan").format(
        what=" · ".join(word for word in words if word),
        calls=f"{group.calls:,}",
        before=_price_words(group.before),
        after=_("no price") if group.after is None else _price_words(group.after),
        difference=f"{yuan_of_micros(group.difference_micros):+,f}",
    )


def unpriced_sentences(difference: MonthDifference) -> list[str]:
    """Say why calls would have no price, a sentence a reason."""
    return [
        _("{calls} calls without a price: {reason}").format(
            calls=f"{calls:,}", reason=_(SuspenseReason[name].sentence)
        )
        for name, calls in difference.unpriced.items()
    ]


def _price_words(priced: PricedBy) -> str:
    words = f"{priced.plan_id} v{priced.plan_version} [{priced.rate_id}]"
    price = "" if priced.rate is None else _minute_price(priced.rate)
    return f"{words} {price}".rstrip()


def _minute_price(rate: Rate) -> str:
    """Write the minute price of a rate's first step; "" where it is no whole micro."""
    step = rate.steps[0]
    micros, rest = divmod(step.price_micros * _MINUTE_MS, step.per_ms)
    if rest:
        return ""
    price = f"{yuan_of_micros(micros).normalize():f}"
    if len(rate.steps) > 1:
        return _("{price}/min at first").format(price=price)
    return _("{price}/min").format(price=price)


def _cells(each: MonthDifference) -> tuple[str, ...]:
    return (
        each.account_id,
        each.account_name,
        f"{each.calls:,}",
        f"{each.unpriced_calls:,}" if each.unpriced else "",
        f"{yuan_of_micros(each.usage_before_micros):,f}",
        f"{yuan_of_micros(each.usage_after_micros):,f}",
        f"{yuan_of_micros(each.usage_difference_micros):+,f}",
        f"{yuan_of_cents(each.invoice_before_cents):,f}",
        f"{yuan_of_cents(each.invoice_after_cents):,f}",
        f"{yuan_of_cents(each.invoice_difference_cents):+,f}",
    )


def _sum_cells(differences: Sequence[MonthDifference]) -> tuple[str, ...]:
    total = MonthDifference(
        account_id=_("all"),
        account_name="",
        calls=sum(each.calls for each in differences),
        calls_changed=sum(each.calls_changed for each in differences),
        usage_before_micros=sum(each.usage_before_micros for each in differences),
        usage_after_micros=sum(each.usage_after_micros for each in differences),
        invoice_before_cents=sum(each.invoice_before_cents for each in differences),
        invoice_after_cents=sum(each.invoice_after_cents for each in differences),
        unpriced={"": calls} if (calls := sum(each.unpriced_calls for each in differences)) else {},
        reasons=(),
    )
    return _cells(total)
