"""Terms, versions and calendars of a plan that contradict one another."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from cdrpipe.money import yuan_of_micros
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.tariff.check_scope import CheckScope
from cdrpipe.tariff.rate_plan import RatePlanVersion

_MINUTE_MS = 60_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_terms(scope: CheckScope) -> None:
    """Find doubtful terms of one version."""
    _check_classes(scope)
    _check_pool(scope)
    _check_allowance(scope)


def check_versions(scopes: Sequence[CheckScope]) -> None:
    """Find gaps between versions, and numbers against the order of validity.

    ``scopes`` are those of sound versions of one plan, ordered by validity.
    """
    for earlier, later in pairwise(scopes):
        before, after = earlier.version, later.version
        if before.valid_until_us is not None and before.valid_until_us < after.valid_from_us:
            later.findings.warn(
                later.place("valid_from"),
                "VERSIONS_GAP",
                f"no version is in force from {_shown(before.valid_until_us, before.tz)} until "
                f"{_shown(after.valid_from_us, after.tz)}, between {before.version} and "
                f"{after.version}",
                hint="calls of that time are suspended",
            )
        if after.version < before.version:
            later.findings.warn(
                later.place("version"),
                "VERSIONS_ORDER",
                f"version {after.version} begins after version {before.version}",
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
            scope.findings.remark(
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
            scope.findings.warn(
                scope.place("prepaid", "class", position),
                "TOP_UP_CLASS_DEARER",
                f"a top-up of {_yuan(after.top_up_micros_min)} makes a minute dearer, "
                f"{_yuan(after.price_per_minute_micros)}, than one of "
                f"{_yuan(before.top_up_micros_min)}, {_yuan(before.price_per_minute_micros)}",
                hint="the bigger the top-up, the lower the price",
            )


def _check_pool(scope: CheckScope) -> None:
    """Note a pool that costs more than what it grants."""
    pool = scope.version.pool
    if pool is None:
        return
    worth: int | Fraction | None = pool.granted_micros
    granted = "" if worth is None else f"{_yuan(worth)} yuan"
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
        granted = f"{minutes} minutes, {_yuan(worth or 0)} yuan at the enterprise's dearest rate"
    if worth is not None and worth < pool.price_micros:
        scope.findings.warn(
            scope.place("pool"),
            "POOL_WORTH_LESS",
            f"the pool costs {_yuan(pool.price_micros)} yuan and grants {granted}",
            hint="look at `price`, and at `yuan` or `minutes`",
        )


def _check_allowance(scope: CheckScope) -> None:
    """Note rates of the enterprise that cost nothing and use included minutes up all the same."""
    if scope.version.allowance is None:
        return
    for index, rate in enumerate(scope.version.rates):
        if rate.party == "enterprise" and any(step.price_micros == 0 for step in rate.steps):
            scope.findings.warn(
                scope.rate_place(index),
                "ALLOWANCE_USED_FREE",
                "this rate has a price of 0, and its calls use included minutes up all the same",
                hint="an allowance pays for increments in their order, whatever they cost; "
                "`free_numbers` are calls that use none",
            )


def _is_in_force(version: RatePlanVersion, year: int) -> bool:
    last = version.valid_until_us
    return _local(version.valid_from_us, version.tz).year <= year and (
        last is None or _local(last - 1, version.tz).year >= year
    )


def _local(instant_us: int, tz: str) -> datetime:
    return (_EPOCH + timedelta(microseconds=instant_us)).astimezone(ZoneInfo(tz))


def _shown(instant_us: int, tz: str) -> str:
    return _local(instant_us, tz).isoformat(sep=" ", timespec="minutes")


def _yuan(micros: int | Fraction) -> str:
    return f"{yuan_of_micros(round(micros)).normalize():f}"
