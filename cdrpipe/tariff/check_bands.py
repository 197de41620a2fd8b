"""Instants that no band holds, and bands that hold no instant or have no end.

Decided exactly, as ``band_overlap.py`` decides overlaps: over every day that the version is in
force, of whatever kind its weekday allows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import groupby, pairwise

from cdrpipe.numbering.calendar import DAY_KINDS
from cdrpipe.tariff.check_scope import CheckScope
from cdrpipe.tariff.day_set import (
    YEAR_MAX,
    YEAR_MIN,
    days_between,
    days_of_band,
    days_of_kind,
    first_of,
)
from cdrpipe.tariff.plain_word import clock_word, local_time
from cdrpipe.tariff.rate_plan import DAY_MS, Band, Rate, RatePlanVersion

# Before the first day of all there is no day on which a night could have begun.
_FIRST_DAY = date(YEAR_MIN, 1, 2)
_DAY_BEHIND = date(YEAR_MAX + 1, 1, 1)

_Days = int  # a set of days, day_set.py


@dataclass(slots=True, kw_only=True)
class _Coverage:
    """What the bands of a group hold: an instant that none does, and which are ever active."""

    gap: str = ""
    held: set[str] = field(default_factory=set)  # bands that hold on some day in force
    winning: set[str] = field(default_factory=set)  # those that are the active one at some instant


def check_bands(scope: CheckScope) -> None:
    """Find gaps in time, bands that are never active, unused or endless, and unused zones."""
    _check_ends(scope)
    _check_use(scope, "band", {rate.band for rate in scope.version.rates})
    _check_use(scope, "zone", {rate.zone for rate in scope.version.rates})
    if not scope.bands:
        return
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, rate in enumerate(scope.version.rates):
        groups.setdefault((rate.party, rate.match), []).append(index)
    by_bands: dict[frozenset[str], list[list[int]]] = {}
    for indices in groups.values():
        names = {scope.version.rates[index].band for index in indices}
        named = frozenset(name for name in names if name is not None)
        if named and named <= scope.bands.keys():
            by_bands.setdefault(named, []).append(indices)
    in_force = _days_in_force(scope.version)
    held: set[str] = set()
    for named, alike in by_bands.items():
        coverage = _coverage([scope.bands[name] for name in sorted(named)], in_force)
        held |= coverage.held
        _note_gap(scope, coverage, alike)
        _note_beaten(scope, coverage, alike)
    for band in scope.version.bands:
        if any(band.name in named for named in by_bands) and band.name not in held:
            scope.findings.note(
                scope.section_place("band", band.name),
                "BAND_NEVER_ACTIVE",
                f'the band "{band.name}" holds on no day on which the version is in force',
                hint="look at its dates and years, and at `valid_from` and `valid_until`",
            )


def _check_ends(scope: CheckScope) -> None:
    sections = scope.read.section.tables("band")
    for position, section in enumerate(sections):
        if len(sections) > 1 and "from" in section and "until" not in section:
            scope.findings.note(
                scope.place("band", position),
                "BAND_WITHOUT_END",
                f'the band "{section.text("name")}" has a `from` and no `until`: it holds until '
                "midnight, whatever begins before",
                hint='write when it ends; until = "24:00" says that midnight is meant',
            )


def _check_use(scope: CheckScope, kind: str, used: set[str | None]) -> None:
    """Note bands or zones that no rate names, unless a faulty one may have meant them."""
    left_out = {rate.band if kind == "band" else rate.zone for rate in scope.left_out}
    defined = {section.text("name") for section in scope.read.section.tables(kind)}
    if any(rate.party == "" for rate in scope.left_out) or left_out - defined - {None}:
        return
    parts: Sequence[str] = [*(scope.bands if kind == "band" else scope.zones)]
    for name in parts:
        if name not in used | left_out:
            scope.findings.note(
                scope.section_place(kind, name),
                f"{kind.upper()}_UNUSED",
                f'no rate names the {kind} "{name}"',
                hint="a rate that should has another name in it, or none",
            )


def _days_in_force(version: RatePlanVersion) -> _Days:
    """Give the days on the whole of which the version is in force."""
    first = local_time(version.valid_from_us, version.tz)
    first_day = first.date() + timedelta(days=first.time() != time())
    if version.valid_until_us is None:
        return days_between(max(first_day, _FIRST_DAY), _DAY_BEHIND)
    return days_between(
        max(first_day, _FIRST_DAY), local_time(version.valid_until_us, version.tz).date()
    )


def _coverage(bands: Sequence[Band], in_force: _Days) -> _Coverage:
    """Walk through the times of day between borders, and the kinds that two days may be of."""
    coverage = _Coverage()
    gaps: list[tuple[date, int, int, str]] = []
    highest_first = sorted(bands, key=lambda band: -band.priority)
    days_of = {band.name: days_of_band(band) for band in bands}
    borders_ms = sorted(
        {0, DAY_MS} | {band.from_ms for band in bands} | {band.until_ms for band in bands}
    )
    for days, kind, kind_before in _kinds_of_days(bands, in_force):
        for from_ms, until_ms in pairwise(borders_ms):
            taken = 0
            for _, alike in groupby(highest_first, key=lambda band: band.priority):
                above = taken
                for band in alike:
                    begun = _begun(band, days_of[band.name], from_ms, kind, kind_before) & days
                    if begun:
                        coverage.held.add(band.name)
                    if begun & ~above:
                        coverage.winning.add(band.name)
                    taken |= begun
            day = first_of(days & ~taken)
            if day is not None:
                gaps.append((day, from_ms, until_ms, kind))
    if gaps:
        day, from_ms, until_ms, kind = min(gaps)
        shown = f", if it is a {kind}" if kind else ""
        times = f"from {clock_word(from_ms)} until {clock_word(until_ms)}"
        coverage.gap = f"{day:%A} {day} {times}{shown}"
    return coverage


def _kinds_of_days(bands: Sequence[Band], in_force: _Days) -> Iterator[tuple[_Days, str, str]]:
    """Give the days that may be of one kind and the day before of another; "" for any."""
    if all(band.day_kinds is None for band in bands):
        yield in_force, "", ""
        return
    for kind in DAY_KINDS:
        for kind_before in DAY_KINDS:
            days = in_force & days_of_kind(kind) & (days_of_kind(kind_before) << 1)
            if days:
                yield days, kind, kind_before


def _begun(band: Band, begins_on: _Days, at_ms: int, kind: str, kind_before: str) -> _Days:
    """Give the days at whose time ``at_ms`` the band holds, begun on them or the day before."""
    days = 0
    is_begun, is_ended = at_ms >= band.from_ms, at_ms >= band.until_ms
    if is_begun and (band.is_over_midnight or not is_ended) and _is_kind(band, kind):
        days |= begins_on
    if band.is_over_midnight and not is_ended and _is_kind(band, kind_before):
        days |= begins_on << 1
    return days


def _is_kind(band: Band, kind: str) -> bool:
    return band.day_kinds is None or kind in band.day_kinds


def _note_gap(scope: CheckScope, coverage: _Coverage, alike: Sequence[list[int]]) -> None:
    """Note once for all groups of the same bands that no band of theirs holds at some instant."""
    rates = scope.version.rates
    gaps = [
        indices
        for indices in alike
        if all(rates[index].band is not None for index in indices)
        and not any(_may_be_of(rate, rates[indices[0]]) for rate in scope.left_out)
    ]
    if coverage.gap and gaps:
        more = f"; so in {len(gaps) - 1} more groups of rates" if len(gaps) > 1 else ""
        scope.findings.note(
            scope.rate_place(gaps[0][0]),
            "BAND_GAP",
            f"no band of this rate and those alike holds on {coverage.gap}: a call then is "
            f"suspended{more}",
            hint="add a rate without `band`, which holds where none is active",
        )


def _may_be_of(left_out: Rate, rate: Rate) -> bool:
    """Tell whether a faulty rate may have been meant for another's group."""
    return left_out.party in ("", rate.party) and all(
        meant is None or meant == named
        for meant, named in zip(left_out.match, rate.match, strict=True)
    )


def _note_beaten(scope: CheckScope, coverage: _Coverage, alike: Sequence[list[int]]) -> None:
    rates = scope.version.rates
    for indices in alike:
        for index in indices:
            band = rates[index].band
            if band in coverage.held and band not in coverage.winning:
                scope.findings.note(
                    scope.rate_place(index),
                    "BAND_NEVER_ACTIVE",
                    f'the band "{band}" of this rate is never active: bands of a higher priority '
                    "hold whenever it does",
                    hint="raise its `priority`, or leave the rate out",
                )
