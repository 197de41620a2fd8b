"""Check a rate plan: what load refuses, and what it takes and is most likely not meant.

All findings of a plan and its decks come at once, in file order. Of a faulty plan what is right is
checked; a gap that may only be there because a faulty rate was left out is not told.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from cdrpipe.errors import TariffError
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.tariff.check_bands import check_bands
from cdrpipe.tariff.check_calls import check_calls
from cdrpipe.tariff.check_prices import check_prices
from cdrpipe.tariff.check_scope import scope_of
from cdrpipe.tariff.check_terms import check_calendar, check_terms, check_versions
from cdrpipe.tariff.finding import Finding, FindingList, Place
from cdrpipe.tariff.price_section import ReadDeck
from cdrpipe.tariff.rate_deck import ReadPlan, read_rate_plan
from cdrpipe.tariff.rate_plan import RatePlanVersion

_NO_CALENDARS: Mapping[str, Calendar] = MappingProxyType({})


def check_rate_plan(
    text: str,
    *,
    file: str,
    read_deck: ReadDeck | None = None,
    calendars: Mapping[str, Calendar] = _NO_CALENDARS,
    years: Collection[int] = (),
) -> tuple[Finding, ...]:
    """Find all that is wrong or doubtful in a rate plan and its decks.

    Parameters
    ----------
    file, read_deck
        As of ``parse_rate_plan``.
    calendars
        By name; empty where they are not known.
    years
        Years in which a plan by kinds of days needs a confirmed calendar.

    Returns
    -------
    In file order, the plan's own first, then its decks'.

    Notes
    -----
    Cost: some twenty microseconds a rate, beside reading it.
    """
    findings = FindingList()
    try:
        read = read_rate_plan(
            text, file=file, read_deck=read_deck, calendars=calendars.keys() or None
        )
    except TariffError as error:
        findings.take_over(error.faults)
        return findings.in_file_order((file,))
    findings.take_over(read.faults)
    scopes = [scope_of(each, findings) for each in read.versions]
    for scope in scopes:
        check_bands(scope)
        check_calls(scope)
        check_prices(scope)
        check_terms(scope)
        check_calendar(scope, calendars, years)
    sound = [scope for scope in scopes if scope.read.is_sound]
    check_versions([(each.version, each.place("valid_from")) for each in sound], findings)
    return findings.in_file_order(_files(file, read))


def check_stored_versions(versions: Sequence[RatePlanVersion], *, plan: str) -> tuple[Finding, ...]:
    """Find what is doubtful among versions of one plan that came in files of their own."""
    findings = FindingList()
    check_versions([(version, Place(plan, 0)) for version in versions], findings)
    return findings.in_file_order((plan,))


def _files(file: str, read: ReadPlan) -> list[str]:
    """Give the plan's file, then its decks in the order of the versions."""
    return list(
        dict.fromkeys((file, *(name for each in read.versions for name in each.rates.files)))
    )
