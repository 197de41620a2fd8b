"""``cdrpipe tariff check``: what is wrong or doubtful in rate plans, all of it in one run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.failure import EXIT_DIFFERENCE, EXIT_DONE
from cdrpipe.cli.frame import Command, Flags
from cdrpipe.cli.output import emit_rows, hint
from cdrpipe.cli.period import today
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.numbering.calendar import Calendar
    from cdrpipe.tariff.finding import Finding


@click.command(
    "check",
    cls=Command,
    help=N_("Find gaps, what is never reached and doubtful prices in files or stored plans."),
)
@click.argument("plans", nargs=-1)
@click.pass_obj
def check(flags: Flags, plans: tuple[str, ...]) -> int:
    """Check files, or stored plans by their ids; without any, all stored plans."""
    from cdrpipe.intake.calendar_data import load_calendars
    from cdrpipe.report.plan_check import check_files
    from cdrpipe.tariff.finding import NOTE, Finding

    stored_ids = _stored_ids(flags) if not plans or any(not Path(p).exists() for p in plans) else ()
    chosen_ids = [plan for plan in plans if plan in stored_ids and not Path(plan).exists()]
    paths = [Path(plan) for plan in plans if plan not in chosen_ids]
    # The next year's notice comes out in November: a plan by kinds of days needs it by then.
    years = (today().year, today().year + 1)
    calendars = load_calendars(flags.config().calendar_files)
    found, unread = check_files(paths, calendars=calendars, years=years)
    found += _check_stored(flags, chosen_ids if plans else stored_ids, calendars, years)
    emit_rows(
        flags,
        [asdict(each) for each in found],
        kind="tariff_check",
        columns=[field.name for field in fields(Finding)],
        if_empty=_("nothing found"),
    )
    _say_counts(flags, found)
    if unread is not None:
        raise unread
    return EXIT_DIFFERENCE if any(each.severity != NOTE for each in found) else EXIT_DONE


def _stored_ids(flags: Flags) -> Sequence[str]:
    from cdrpipe.register.database import open_existing_register
    from cdrpipe.register.plan_text import stored_texts

    config = flags.config()
    if not config.register_file.is_file():
        return ()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    texts = stored_texts(register)
    register.dispose()
    return list(dict.fromkeys(text.plan_id for text in texts))


def _check_stored(
    flags: Flags,
    plan_ids: Sequence[str],
    calendars: "dict[str, Calendar]",
    years: Sequence[int],
) -> "list[Finding]":
    from cdrpipe.register.database import open_existing_register
    from cdrpipe.report.plan_check import check_stored

    if not plan_ids:
        return []
    config = flags.config()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    found = check_stored(register, plan_ids=plan_ids, calendars=calendars, years=years)
    register.dispose()
    return found


def _say_counts(flags: Flags, found: "Sequence[Finding]") -> None:
    if found:
        counts = Counter(each.severity for each in found)
        hint(
            flags,
            _("{errors} errors, {warnings} warnings, {notes} notes").format(
                errors=counts["error"], warnings=counts["warning"], notes=counts["note"]
            ),
        )
