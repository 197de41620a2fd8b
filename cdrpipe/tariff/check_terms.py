"""Terms, versions and calendars of a plan that contradict one another."""

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from itertools import pairwise

from cdrpipe.numbering.calendar import Calendar
from cdrpipe.tariff.check_scope import CheckScope
from cdrpipe.tariff.finding import FindingList, Place
from cdrpipe.tariff.plain_word import amount_word, instant_word, local_time
from cdrpipe.tariff.rate_plan import RatePlanVersion

_MINUTE_MS = 60_000
_FOR_EVER_US = 2**63 - 1


def check_terms(scope: CheckScope) -> None:
    """Find doubtful terms of one version."""
    _check_classes(scope)
    _check_pool(scope)
    _check_allowance(scope)


def check_versions(
    versions: Iterable[tuple[RatePlanVersion, Place]], findings: FindingList
) -> None:
    """Find gaps between the versions of one plan, and numbers against the order of validity."""
    in_order = sorted(versions, key=lambda pair: (pair[0].valid_from_us, pair[0].version))
    for index, (version, place) in enumerate(in_order[1:], start=1):
        before = max((each for each, _ in in_order[:index]), key=_until_us)
        if _until_us(before) < version.valid_from_us:
            findings.note(
                place,
                "VERSIONS_GAP",
                f"no version is in force from {instant_word(_until_us(before), before.tz)} until "
                f"{instant_word(version.valid_from_us, version.tz)}, between version "
                f"{before.version} and version {version.version}",
                hint="calls of that time are suspended",
            )
        last = in_order[index - 1][0]
        if version.version < last.version:
            findings.note(
                place,
                "VERSIONS_ORDER",
                f"version {version.version} begins after version {last.version}",
                hint="of versions in force at one time the highest number is taken",
            )


def check_calendar(
    scope: CheckScope, calendars: Mapping[str, Calendar], years: Collection[int]
) -> None:
    """Note the years, of those asked about, whose kinds of days the calendar does not confirm."""
    calendar = calendars.get(scope.version.calendar or "")
    if calendar is None or not any(band.day_kinds for band in scope.version.bands):
        return
    for year in sorted(years):
        if year not in calendar.confirmed_years and _is_in_force(scope.version, year):
            scope.findings.note(
                scope.place("calendar"),
                "CALENDAR_YEAR_UNCONFIRMED",
                f"the calendar {calendar.name} does not confirm {year}: calls whose band depends "
                "on the kind of a day of it are suspended",
                hint="add the year's notice by the setting `calendar_files`",
            )


def _check_classes(scope: CheckScope) -> None:
    """Note classes of top-ups that make a minute dearer the more is paid in."""
    prepaid = scope.version.prepaid
    for position, (before, after) in enumerate(pairwise(prepaid.classes if prepaid else ()), 1):
        if after.price_per_minute_micros > before.price_per_minute_micros:
            scope.findings.note(
                scope.place("prepaid", "class", position),
                "TOP_UP_CLASS_DEARER",
                f"a top-up of {amount_word(after.top_up_micros_min)} makes a minute cost "
                f"{amount_word(after.price_per_minute_micros)}, more than one of "
                f"{amount_word(before.top_up_micros_min)}, which makes it "
                f"{amount_word(before.price_per_minute_micros)}",
                hint="the bigger the top-up, the lower the price",
            )


def _check_pool(scope: CheckScope) -> None:
    """Note a pool that costs more than what it grants."""
    pool = scope.version.pool
    if pool is None:
        return
    worth: int | Fraction | None = pool.granted_micros
    granted = "" if worth is None else f"{amount_word(worth)} yuan"
    if pool.granted_ms is not None:
        minutes = pool.granted_ms // _MINUTE_MS
        dearest = max(
            (
                Fraction(step.price_micros, step.per_ms)
                for rate in scope.version.rates
                if rate.party == "enterprise"
                for step in rate.steps
            ),
            default=None,
        )
        worth = None if dearest is None or scope.left_out else pool.granted_ms * dearest
        granted = (
            f"{minutes} minutes, {amount_word(worth or 0)} yuan at the enterprise's dearest rate"
        )
    if worth is not None and worth < pool.price_micros:
        scope.findings.note(
            scope.place("pool"),
            "POOL_WORTH_LESS",
            f"the pool costs {amount_word(pool.price_micros)} yuan and grants {granted}",
            hint="look at `price`, and at `yuan` or `minutes`",
        )


def _check_allowance(scope: CheckScope) -> None:
    """Note rates of the enterprise that cost nothing and use included minutes up all the same."""
    if scope.version.allowance is None:
        return
    for index, rate in enumerate(scope.version.rates):
        if rate.party == "enterprise" and any(step.price_micros == 0 for step in rate.steps):
            scope.findings.note(
                scope.rate_place(index),
                "ALLOWANCE_USED_FREE",
                "this rate has a price of 0, and its calls use included minutes up all the same",
                hint="an allowance pays for increments in their order, whatever they cost; "
                "`free_numbers` are calls that use none",
            )


def _until_us(version: RatePlanVersion) -> int:
    return _FOR_EVER_US if version.valid_until_us is None else version.valid_until_us


def _is_in_force(version: RatePlanVersion, year: int) -> bool:
    last = version.valid_until_us
    return local_time(version.valid_from_us, version.tz).year <= year and (
        last is None or local_time(last - 1, version.tz).year >= year
    )
