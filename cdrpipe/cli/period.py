"""Periods on the command line: half-open, as days, months, ``today`` or days back."""

import re
from datetime import date, datetime, timedelta

import click

from cdrpipe.language import N_, _

_MONTH = re.compile(r"\d{4}-\d{2}")
_DAYS_BACK = re.compile(r"-(\d{1,5})d")

MONTH_HELP = N_("A calendar month, e.g. 2026-10.")
FROM_HELP = N_("From this day: 2026-10-01, 2026-10, today or -7d.")
UNTIL_HELP = N_("Until before this day.")


def today() -> date:
    """Give today's date in the zone of billing dates."""
    from cdrpipe.billing.bill_cycle import BILLING_TZ

    return datetime.now(BILLING_TZ).date()


def parse_day(text: str, *, today: date) -> date:
    """Read a day; a month is its first day.

    >>> parse_day("-7d", today=date(2026, 10, 3))
    datetime.date(2026, 9, 26)
    """
    if text == "today":
        return today
    if back := _DAYS_BACK.fullmatch(text):
        return today - timedelta(days=int(back[1]))
    try:
        return date.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text)
    except ValueError:
        raise click.BadParameter(
            _("expected a day such as 2026-10-01, 2026-10, today or -7d, got {text}").format(
                text=text
            )
        ) from None


def parse_period(
    *, month: str | None, first: str | None, until: str | None, today: date
) -> tuple[date, date]:
    """Read a period; without any bound it is all of time.

    Returns
    -------
    First day, and the day behind the last.
    """
    from cdrpipe.billing.bill_cycle import bill_cycle

    if month is None:
        date_from = parse_day(first, today=today) if first else date.min
        date_until = parse_day(until, today=today) if until else date.max
        if date_from > date_until:
            raise click.UsageError(
                _("--from {first} lies behind --to {until}").format(
                    first=date_from, until=date_until
                )
            )
        return date_from, date_until
    if first or until:
        raise click.UsageError(_("--month stands alone, without --from or --to"))
    try:
        cycle = bill_cycle(month)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--month") from None
    return cycle.date_from, cycle.date_until
