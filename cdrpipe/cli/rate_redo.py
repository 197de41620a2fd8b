"""``cdrpipe rate redo``: rate stored calls again under the register as it stands."""

import time

import click

from cdrpipe.cli.frame import Command, Flags, option
from cdrpipe.cli.output import hint
from cdrpipe.cli.period import FROM_HELP, MONTH_HELP, UNTIL_HELP, parse_period, today
from cdrpipe.cli.progress import Progress
from cdrpipe.cli.rating_difference import emit_differences, sum_line
from cdrpipe.language import N_, _


@click.command(
    "redo",
    cls=Command,
    help=N_("Rate stored calls again, as a new rating version; nothing is put in force."),
)
@option("--month", metavar="YYYY-MM", help_text=MONTH_HELP)
@option("--from", "first", metavar="DAY", help_text=FROM_HELP)
@option("--to", "until", metavar="DAY", help_text=UNTIL_HELP)
@option("--account", metavar="ID", help_text=N_("Only this account's calls, before or after."))
@option(
    "-n",
    "--dry-run",
    is_flag=True,
    help_text=N_("Show the differences, and write nothing."),
)
@click.pass_obj
def redo(
    flags: Flags,
    *,
    month: str | None,
    first: str | None,
    until: str | None,
    account: str | None,
    dry_run: bool,
) -> None:
    """Rate the calls of a period again and show what changes, by account."""
    if not (month or (first and until)):
        raise click.UsageError(_("say which days: --month, or --from and --to"))
    date_from, date_until = parse_period(month=month, first=first, until=until, today=today())
    from cdrpipe.nightly.redo import Scope, preview_redo
    from cdrpipe.nightly.redo import redo as write_redo

    config = flags.config()
    scope = Scope(date_from=date_from, date_until=date_until, account_id=account)
    begun_s = time.monotonic()
    with Progress(flags, "redo") as progress:
        if dry_run:
            redone = preview_redo(config, scope, on_progress=progress.show)
        else:
            redone = write_redo(
                config, scope, now_us=time.time_ns() // 1000, on_progress=progress.show
            )
    emit_differences(
        flags,
        redone.differences,
        kind="rate_redo",
        if_empty=_("no calls on these days; nothing was written"),
        rating_version=redone.rating_version,
    )
    if not redone.differences:
        return
    hint(flags, f"{sum_line(redone.differences)} · {time.monotonic() - begun_s:.1f} s")
    if redone.unpriced_calls:
        hint(
            flags,
            _("{count} calls have no price now: mend plans or numbers, then redo").format(
                count=f"{redone.unpriced_calls:,}"
            ),
        )
    hint(flags, _next_step(redone.rating_version))


def _next_step(number: int | None) -> str:
    if number is None:
        return _("dry run: nothing was changed")
    return _(
        "rating version {number} is written and not in force: cdrpipe rate activate {number}, "
        "or cdrpipe rate abandon {number}"
    ).format(number=number)
