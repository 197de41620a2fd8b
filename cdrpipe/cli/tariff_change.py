"""``cdrpipe tariff activate`` and ``retire``: put a draft in force, end a version."""

from datetime import UTC, date, datetime, timedelta
from time import time_ns
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from cdrpipe.cli.closed_pipe import despite_closed_pipe
from cdrpipe.cli.confirm import confirm, confirm_options
from cdrpipe.cli.frame import Command, Flags, option
from cdrpipe.cli.output import emit_rows, hint
from cdrpipe.language import N_, _
from cdrpipe.money import yuan_of_micros

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cdrpipe.register.plan_change import PlanChange

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Moment(click.ParamType[date]):
    name = "moment"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Take a date, or an instant with its offset; any other is a usage error."""
        try:
            if len(value) == len("2026-01-01"):
                return date.fromisoformat(value)
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(
                _(
                    "expected a date such as 2026-10-01, or an instant with its offset such as "
                    "2026-10-01T12:00:00+08:00, got {text}"
                ).format(text=value),
                param,
                ctx,
            )
        return moment


@click.command(
    "activate", cls=Command, help=N_("Put a draft in force: calls are priced by it from then on.")
)
@click.argument("plan_id")
@option("--version", type=int, required=True, help_text=N_("The draft's version number."))
@option(
    "--from",
    "valid_from",
    type=_Moment(),
    metavar="DATE",
    help_text=N_("In force from this date or instant on; not given: as the plan says."),
)
@confirm_options()
@click.pass_obj
def activate(flags: Flags, plan_id: str, version: int, valid_from: date | None) -> None:
    """Activate a draft."""
    from cdrpipe.register.plan_change import plan_activation

    engine = _register(flags)
    change = plan_activation(engine, plan_id=plan_id, version=version, valid_from=valid_from)
    _show(flags, change)
    question = _("activate plan {plan} version {version} from {start}? {count} subscriptions")
    if _make(flags, engine, change, question):
        hint(flags, _("activated; running daemons follow"))
        if change.from_us < time_ns() // 1000:
            hint(
                flags,
                _("calls rated before keep their price until their period is rated again"),
            )


@click.command(
    "retire", cls=Command, help=N_("End a plan version: from then on it prices no call.")
)
@click.argument("plan_id")
@option("--version", type=int, required=True, help_text=N_("The version's number."))
@option(
    "--at",
    type=_Moment(),
    required=True,
    metavar="DATE",
    help_text=N_("First day on which it is no longer in force, or an instant."),
)
@confirm_options()
@click.pass_obj
def retire(flags: Flags, plan_id: str, version: int, at: date) -> None:
    """End a version."""
    from cdrpipe.register.plan_change import plan_retirement

    engine = _register(flags)
    change = plan_retirement(
        engine, plan_id=plan_id, version=version, at=at, now_us=time_ns() // 1000
    )
    _show(flags, change)
    if change.version_after is None and change.subscriptions:
        hint(flags, _("no version is in force then: calls of these subscriptions are suspended"))
    question = _("end plan {plan} version {version} at {start}? {count} subscriptions")
    if _make(flags, engine, change, question):
        hint(flags, _("ended; running daemons follow"))


def _register(flags: Flags) -> "Engine":
    from cdrpipe.register.database import open_existing_register

    config = flags.config()
    return open_existing_register(config.register_file, lake_dir=config.lake_dir)


def _make(flags: Flags, engine: "Engine", change: "PlanChange", question: str) -> bool:
    from cdrpipe.register.plan_change import make_change

    asked = question.format(
        plan=change.plan_id,
        version=change.version,
        start=_instant(change.changes_from_us, change.tz),
        count=change.subscriptions,
    )
    if not confirm(flags, asked):
        return False
    make_change(engine, change, now_us=time_ns() // 1000)
    return True


def _show(flags: Flags, change: "PlanChange") -> None:
    """Print what a change does."""
    row = {
        "action": change.action,
        "plan_id": change.plan_id,
        "version": change.version,
        "name": change.name,
        "valid_from": _instant(change.from_us, change.tz),
        "valid_until": None if change.until_us is None else _instant(change.until_us, change.tz),
        "version_before": change.version_before,
        "version_after": change.version_after,
        "accounts": change.accounts,
        "subscriptions": change.subscriptions,
        "activation_fee": yuan_of_micros(change.activation_fee_micros),
    }
    with despite_closed_pipe():
        emit_rows(flags, [row], kind="tariff_change")


def _instant(instant_us: int, tz: str) -> datetime:
    return (_EPOCH + timedelta(microseconds=instant_us)).astimezone(ZoneInfo(tz))
