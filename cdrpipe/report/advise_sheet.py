"""Advice as people read it: what to buy in one sentence, then every plan with its bar."""

from rich.console import Group, RenderableType
from rich.text import Text

from cdrpipe.billing.advise import Advice, RankedPlan
from cdrpipe.billing.plan_cost import (
    LOWEST_TOP_UP_CLASS,
    ONE_TIME_FEES_LEFT_OUT,
    POOL_PRO_RATA,
    PlanCost,
)
from cdrpipe.language import N_, _
from cdrpipe.money import cents_of_micros, half_up, yuan_of_cents
from cdrpipe.report.bars import bars
from cdrpipe.report.grid import Column, Grid
from cdrpipe.report.invoice_sheet import minutes_of_ms

_BAR_WIDTH = 20
_MINUTE_MS = 60_000
_ASSUMPTIONS = {
    POOL_PRO_RATA: N_(
        "the pool of {price} yuan for {months} months at its share of time, "
        "or of use where that is more"
    ),
    LOWEST_TOP_UP_CLASS: N_("the prices before any top-up earns a lower one"),
    ONE_TIME_FEES_LEFT_OUT: N_("without fees owed once: {fees} yuan"),
}


def advice_sheet(advice: Advice) -> RenderableType:
    """Lay advice out for a terminal."""
    title = Text(f"{advice.account_id}  {advice.account_name}", style="bold")
    period = _("{months}: {calls} calls, {minutes} minutes").format(
        months=", ".join(advice.months),
        calls=f"{advice.calls:,}",
        minutes=f"{minutes_of_ms(advice.billable_ms):,f}",
    )
    parts: list[RenderableType] = [title, Text(period), Text(advice_sentence(advice))]
    parts.append(_plans(advice))
    parts += [Text(sentence) for plan in advice.plans for sentence in _notes(advice, plan)]
    parts.append(
        Text(_("As if the account had been on each plan alone for long, with all its numbers."))
    )
    return Group(*parts)


def advice_sentence(advice: Advice) -> str:
    """Say which plan to buy and what it saves."""
    plan = advice.cheapest
    if plan is None:
        return _("No plan on offer has a price for every call.")
    paid = f"{yuan_of_cents(advice.actual_cents):,f}"
    cost = f"{yuan_of_cents(plan.cost.total_cents):,f}"
    if plan.difference_cents >= 0:
        return _(
            "No plan on offer is cheaper: {plan} would cost ¥ {cost}, you paid ¥ {paid}"
        ).format(plan=plan.cost.offer.name, cost=cost, paid=paid)
    return _("{plan} would have cost ¥ {cost}, ¥ {saved} less than what you paid, ¥ {paid}").format(
        plan=plan.cost.offer.name,
        cost=cost,
        saved=f"{yuan_of_cents(-plan.difference_cents):,f}",
        paid=paid,
    )


def _plans(advice: Advice) -> Grid:
    figures = (
        _("total, yuan"),
        _("a month"),
        _("to what you paid"),
        _("fees"),
        _("usage"),
        _("minimum"),
        _("minutes left"),
    )
    columns = [
        Column(name=_("plan")),
        *(Column(name=name, is_right=True) for name in figures),
        Column(name=""),
    ]
    drawn = bars([plan.cost.total_cents for plan in advice.plans], width=_BAR_WIDTH)
    rows = [(*_cells(plan), bar) for plan, bar in zip(advice.plans, drawn, strict=True)]
    return Grid(columns, rows)


def _cells(plan: RankedPlan) -> tuple[str, ...]:
    cost = plan.cost
    return (
        f"{cost.offer.name} *" if plan.is_current else cost.offer.name,
        f"{yuan_of_cents(cost.total_cents):,f}",
        f"{yuan_of_cents(cost.average_cents):,f}",
        f"{yuan_of_cents(plan.difference_cents):+,f}",
        f"{yuan_of_cents(cost.fees_cents):,f}",
        _yuan(cost.usage_micros),
        f"{yuan_of_cents(cost.minimum_cents):,f}",
        f"{minutes_of_ms(cost.included_left_ms):,f}" if cost.included_ms else "",
    )


def _notes(advice: Advice, plan: RankedPlan) -> list[str]:
    cost = plan.cost
    words = []
    if cost.unpriced_calls:
        words.append(_("{calls} calls have no price").format(calls=f"{cost.unpriced_calls:,}"))
    words += [_turn(advice, plan)] if _turn(advice, plan) else []
    words += assumption_words(cost)
    if cost.top_up_micros_min:
        words.append(
            _("top-ups of at least {top_up} yuan").format(top_up=_yuan(cost.top_up_micros_min))
        )
    return [f"{cost.offer.name}: {each}" for each in words]


def _turn(advice: Advice, plan: RankedPlan) -> str:
    """Say below or above how many minutes a plan would be cheaper than the cheapest."""
    below, above = (
        None if limit_ms is None else f"{half_up(limit_ms, _MINUTE_MS):,}"
        for limit_ms in (plan.cheaper_below_ms, plan.cheaper_above_ms)
    )
    if below is None and above is None:
        return ""
    assert advice.cheapest is not None, "an order turns against the cheapest"
    if below is None:
        sentence = _("cheaper than {best} above some {above} minutes a month, at your mix of calls")
    elif above is None:
        sentence = _("cheaper than {best} below some {below} minutes a month, at your mix of calls")
    else:
        sentence = _(
            "cheaper than {best} below some {below} and above some {above} minutes a month, "
            "at your mix of calls"
        )
    return sentence.format(best=advice.cheapest.cost.offer.name, below=below, above=above)


def _yuan(micros: int) -> str:
    return f"{yuan_of_cents(cents_of_micros(micros)):,f}"


def assumption_words(cost: PlanCost) -> list[str]:
    """Say what a plan's cost rests on."""
    pool = cost.offer.version.pool
    return [
        _(_ASSUMPTIONS[each]).format(
            fees=_yuan(cost.one_time_micros),
            price=_yuan(pool.price_micros) if pool else "",
            months=pool.valid_months if pool else "",
        )
        for each in cost.assumptions
    ]
