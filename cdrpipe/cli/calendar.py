"""``cdrpipe calendar``: holidays and adjusted workdays, by which tariffs tell days apart."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.failure import EXIT_DIFFERENCE, EXIT_DONE
from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.output import emit_rows
from cdrpipe.errors import ConfigError, Fault, TariffError
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.numbering.calendar import Calendar, CalendarRow

_YEARS = click.IntRange(2000, 2099)

calendar = group("calendar", N_("Holidays and adjusted workdays: list, show, check."))


@calendar.command("list", cls=Command, help=N_("List the years of all calendars."))
@click.pass_obj
def list_(flags: Flags) -> None:
    """List the years that calendars name or confirm."""
    calendars, _rows = _load(flags)
    rows = []
    for each in calendars.values():
        years = each.confirmed_years | {day.year for day in each.days}
        for year in sorted(years):
            kinds = [kind for day, kind in each.days.items() if day.year == year]
            rows.append(
                {
                    "calendar": each.name,
                    "year": year,
                    "confirmed": year in each.confirmed_years,
                    "holidays": kinds.count("holiday"),
                    "adjusted_workdays": kinds.count("adjusted_workday"),
                    "version": each.version,
                }
            )
    emit_rows(flags, rows, kind="calendar")


@calendar.command("show", cls=Command, help=N_("List a year's holidays and adjusted workdays."))
@click.argument("year", type=_YEARS)
@option("--calendar", "name", default="cn", help_text=N_("The calendar."))
@click.pass_obj
def show(flags: Flags, year: int, name: str) -> None:
    """List the days of a year that are not what their weekday says, with the notice."""
    calendars, rows = _load(flags)
    if name not in calendars:
        raise ConfigError(
            f"expected a calendar, got {name!r}",
            code="CALENDAR_UNKNOWN",
            hint=f"there is {', '.join(sorted(calendars))}; `calendar_files` adds more",
        )
    last = {row.day: row for row in rows if row.calendar == name and row.day is not None}
    shown = [
        {
            "date": day,
            "weekday": day.isoweekday(),
            "kind": kind,
            "name": last[day].name,
            "source": last[day].source,
            "published_on": last[day].published_on,
        }
        for day, kind in calendars[name].days.items()
        if day.year == year
    ]
    is_confirmed = year in calendars[name].confirmed_years
    empty = _("the calendar {name} does not confirm {year}").format(name=name, year=year)
    emit_rows(
        flags,
        shown,
        kind="calendar_days",
        columns=("date", "weekday", "kind", "name", "source", "published_on"),
        preferred=("date", "weekday", "kind", "name", "source"),
        if_empty="" if is_confirmed else empty,
    )


@calendar.command("check", cls=Command, help=N_("Find all that is wrong in a calendar file."))
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def check(flags: Flags, file: Path) -> int:
    """Check a file that the setting calendar_files may name; all its faults at once."""
    from cdrpipe.intake.calendar_data import read_calendar

    faults: tuple[Fault, ...] = ()
    try:
        read_calendar(file)
    except TariffError as error:
        faults = error.faults
    emit_rows(
        flags,
        [{"where": fault.where, "message": fault.message} for fault in faults],
        kind="calendar_check",
        columns=("where", "message"),
        if_empty=_("nothing found"),
    )
    return EXIT_DIFFERENCE if faults else EXIT_DONE


def _load(flags: Flags) -> "tuple[dict[str, Calendar], tuple[CalendarRow, ...]]":
    from cdrpipe.intake.calendar_data import load_calendar_rows
    from cdrpipe.numbering.calendar import build_calendars

    rows = load_calendar_rows(flags.config().calendar_files)
    return build_calendars(rows), rows
