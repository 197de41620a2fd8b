"""``cdrpipe advise``: which plan an account should buy."""

from typing import TYPE_CHECKING, Any

import click

from cdrpipe.cli.frame import Command, Flags, option
from cdrpipe.cli.output import console, emit_document, emit_rows, form_of, hint
from cdrpipe.cli.period import today
from cdrpipe.cli.rate_whatif import TARIFF_HELP
from cdrpipe.errors import ConfigError
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.billing.advise import Advice, RankedPlan
    from cdrpipe.billing.bill_cycle import BillCycle
    from cdrpipe.billing.plan_cost import Offer
    from cdrpipe.config import Config
    from cdrpipe.report.other_tariff import StoredVersion

MONTHS_MAX = 36

_COLUMNS = (
    "account_id",
    "rank",
    "plan",
    "plan_id",
    "plan_version",
    "plan_name",
    "is_current",
    "total_cents",
    "average_cents",
    "difference_cents",
    "fees_cents",
    "usage_micros",
    "minimum_cents",
    "pool_cents",
    "included_ms",
    "included_used_ms",
    "included_left_ms",
    "top_up_micros_min",
    "one_time_micros",
    "unpriced_calls",
    "cheaper_below_ms",
    "cheaper_above_ms",
    "assumptions",
)


@click.command(
    "advise",
    cls=Command,
    help=N_("Price an account's real calls under every plan on offer, the cheapest first."),
)
@option("--account", required=True, metavar="ID", help_text=N_("The account to advise."))
@option(
    "--months",
    "count",
    type=click.IntRange(1, MONTHS_MAX),
    default=3,
    show_default=True,
    help_text=N_("How many calendar months of calls."),
)
@option(
    "--month", metavar="YYYY-MM", help_text=N_("The last of them; not given: the last complete.")
)
@option(
    "--plan", "plans", multiple=True, metavar="ID", help_text=N_("Only this plan; may be repeated.")
)
@option("--tariff", "tariffs", multiple=True, metavar="T", help_text=TARIFF_HELP)
@click.pass_obj
def advise(
    flags: Flags,
    *,
    account: str,
    count: int,
    month: str | None,
    plans: tuple[str, ...],
    tariffs: tuple[str, ...],
) -> None:
    """Rank every plan on offer by what an account's months would have cost."""
    from cdrpipe.register.database import open_existing_register
    from cdrpipe.register.snapshot import load_snapshot
    from cdrpipe.report.advise import advise_account
    from cdrpipe.report.ask import open_answers
    from cdrpipe.report.other_tariff import stored_versions

    cycles = _cycles(month, count)
    config = flags.config()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    snapshot, stored = load_snapshot(register), stored_versions(register)
    register.dispose()
    advice = advise_account(
        open_answers(config),
        snapshot,
        _offers(config, stored, cycles[-1], plans, tariffs),
        cycles,
        account_id=account,
        calendar_files=config.calendar_files,
    )
    _print(flags, advice)
    last = cycles[-1].month
    if not advice.months:
        hint(flags, _("no calls of {account} until {month}").format(account=account, month=last))
    elif len(advice.months) < len(cycles):
        first = advice.months[0]
        sentence = _("{account} has no calls before {month}: earlier months are left out")
        hint(flags, sentence.format(account=account, month=first))


def _cycles(month: str | None, count: int) -> "list[BillCycle]":
    from cdrpipe.billing.bill_cycle import bill_cycle, cycles_until

    try:
        if month is not None:
            return cycles_until(bill_cycle(month), count=count)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--month") from None
    return cycles_until(bill_cycle(f"{today():%Y-%m}"), count=count + 1)[:-1]


def _offers(
    config: "Config",
    stored: "list[StoredVersion]",
    last: "BillCycle",
    plans: tuple[str, ...],
    tariffs: tuple[str, ...],
) -> "list[Offer]":
    from cdrpipe.billing.advise import offers_at
    from cdrpipe.billing.plan_cost import Offer
    from cdrpipe.intake.calendar_data import load_calendars
    from cdrpipe.report.other_tariff import read_tariffs

    at_us = last.until_us - 1
    offers = offers_at((each.version for each in stored if not each.is_draft), at_us)
    on_offer = [offer.name for offer in offers]
    for plan in plans:
        if plan not in on_offer:
            raise ConfigError(
                f"expected a plan on offer at the end of {last.month}, got {plan!r}",
                code="PLAN_UNKNOWN",
                where="--plan",
                hint="on offer: " + (", ".join(on_offer) or "none"),
            )
    if plans:
        offers = [offer for offer in offers if offer.name in plans]
    calendars = load_calendars(config.calendar_files)
    for tariff in read_tariffs(tariffs, stored, calendars=calendars):
        in_force = offers_at(tariff.versions, at_us)
        if not in_force:
            raise ConfigError(
                f"expected a version in force at the end of {last.month}, {tariff.name} has none",
                code="TARIFF_NOT_IN_FORCE",
                where="--tariff",
                hint=f"name one version, whatever its dates: {tariff.name}@1",
            )
        offers.append(Offer(name=tariff.name, version=in_force[0].version))
    return offers


def _print(flags: Flags, advice: "Advice") -> None:
    form = form_of(flags)
    if form == "table" and advice.plans:
        from cdrpipe.report.advise_sheet import advice_sheet

        console(flags).print(advice_sheet(advice), crop=False)
    elif form == "json":
        emit_document(_document(advice, flags.limit))
    elif form != "table":
        rows = [_row(advice, plan, rank) for rank, plan in enumerate(advice.plans, start=1)]
        emit_rows(flags, rows, kind="advice", columns=_COLUMNS, if_empty=_("no plans compared"))


def _document(advice: "Advice", limit: int | None) -> dict[str, Any]:
    from cdrpipe.report.advise_sheet import advice_sentence

    rows = [_row(advice, plan, rank) for rank, plan in enumerate(advice.plans, start=1)]
    return {
        "kind": "advice",
        "account_id": advice.account_id,
        "account_name": advice.account_name,
        "months": list(advice.months),
        "calls": advice.calls,
        "billable_ms": advice.billable_ms,
        "actual_cents": advice.actual_cents,
        "sentence": advice_sentence(advice),
        "plans": rows[:limit],
    }


def _row(advice: "Advice", plan: "RankedPlan", rank: int) -> dict[str, Any]:
    cost = plan.cost
    version = cost.offer.version
    said = {
        "account_id": advice.account_id,
        "rank": rank,
        "plan": cost.offer.name,
        "plan_id": version.plan_id,
        "plan_version": version.version,
        "plan_name": version.name,
        "assumptions": list(cost.assumptions),
    }
    of_rank = ("is_current", "difference_cents", "cheaper_below_ms", "cheaper_above_ms")
    return {
        name: said[name] if name in said else getattr(plan if name in of_rank else cost, name)
        for name in _COLUMNS
    }
