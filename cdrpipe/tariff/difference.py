"""What two rate plans say differently: rates, bands, zones, terms and validity, field by field.

Plan id and version number only name what is compared. The order of sections has no meaning, nor
has how a file words what it says.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any

from cdrpipe.tariff.plain_word import amount_word, clock_word, instant_word, length_word
from cdrpipe.tariff.rate_plan import (
    Band,
    FunctionFee,
    PrepaidClass,
    Rate,
    RatePlanVersion,
    RateStep,
    Zone,
)
from cdrpipe.tariff.region_word import area_word, province_word

ADDED, REMOVED, CHANGED = "added", "removed", "changed"

_NAMES = ("plan_id", "version")
_PARTS = ("rates", "bands", "zones")
_DAY_CLOCKS = ("from_ms", "until_ms")
_MINUTE_MS = 60_000

# What the file calls fields of terms, where that is not their own name.
_KEYS = {
    "monthly_micros": "per_month",
    "monthly_ms": "minutes_per_month",
    "granted_micros": "yuan",
    "granted_ms": "minutes",
    "top_up_micros_min": "top_up_min",
    "is_whole_in_opening_month": "whole_in_opening_month",
    "is_owed_in_opening_month": "owed_in_opening_month",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs: a whole part that only one side has, or one field of a part."""

    version: int  # of the side that has it; of the second where both have
    part: str  # version | rate | band | zone
    name: str  # of the rate, band or zone; empty for the version itself
    change: str  # added | removed | changed
    field: str  # as the plan's file calls it; empty where a whole part was added or removed
    old: str  # as the file writes it; empty where it says nothing
    new: str


def plan_differences(
    old: Sequence[RatePlanVersion], new: Sequence[RatePlanVersion]
) -> tuple[Difference, ...]:
    """Compare the versions of two plans: one with one, else those of the same number."""
    if len(old) == len(new) == 1:
        return version_differences(old[0], new[0])
    before, after = ({each.version: each for each in versions} for versions in (old, new))
    found: list[Difference] = []
    for number in sorted(before.keys() | after.keys()):
        if number in before and number in after:
            found += version_differences(before[number], after[number])
        else:
            side = before.get(number) or after[number]
            validity = _validity(side)
            found.append(
                Difference(
                    version=number,
                    part="version",
                    name="",
                    change=REMOVED if number in before else ADDED,
                    field="",
                    old=validity if number in before else "",
                    new="" if number in before else validity,
                )
            )
    return tuple(found)


def version_differences(old: RatePlanVersion, new: RatePlanVersion) -> tuple[Difference, ...]:
    """Compare two versions."""
    found = [*_fields(new.version, "version", "", _terms(old), _terms(new))]
    for part, before, after, said in (
        ("band", _by_name(old.bands), _by_name(new.bands), _said_of_band),
        ("zone", _by_name(old.zones), _by_name(new.zones), _said_of_zone),
        ("rate", *_paired_rates(old.rates, new.rates), _said_of_rate),
    ):
        found += _parts(part, before, after, said, old=old, new=new)
    return tuple(found)


def _parts(
    part: str,
    before: Mapping[object, Any],
    after: Mapping[object, Any],
    said: Callable[[Any], dict[str, str]],
    *,
    old: RatePlanVersion,
    new: RatePlanVersion,
) -> Iterator[Difference]:
    """Give what was removed or changed in the order of the old side, then what was added."""
    for key in (*before, *(key for key in after if key not in before)):
        if key in before and key in after:
            name = _name(after[key])
            yield from _fields(new.version, part, name, said(before[key]), said(after[key]))
            continue
        is_old = key in before
        side = before[key] if is_old else after[key]
        text = ", ".join(f"{name} {value}" for name, value in said(side).items() if value)
        yield Difference(
            version=old.version if is_old else new.version,
            part=part,
            name=_name(side),
            change=REMOVED if is_old else ADDED,
            field="",
            old=text if is_old else "",
            new="" if is_old else text,
        )


def _fields(
    version: int, part: str, name: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Difference]:
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field, ""), after.get(field, "")
        if old != new:
            yield Difference(
                version=version,
                part=part,
                name=name,
                change=CHANGED,
                field=field,
                old=old,
                new=new,
            )


def _paired_rates(
    old: Sequence[Rate], new: Sequence[Rate]
) -> tuple[dict[object, Rate], dict[object, Rate]]:
    """Pair rates that match the same calls in the same band; of the others those of one id."""
    before, after = _by_match(old), _by_match(new)
    ids = {rate.rate_id: key for key, rate in before.items() if key not in after}
    paired: dict[object, Rate] = {}
    for key, rate in after.items():
        same_id = ids.get(rate.rate_id) if key not in before else None
        paired[key if same_id is None else same_id] = rate
    return before, paired


def _by_match(rates: Sequence[Rate]) -> dict[object, Rate]:
    return {(rate.party, rate.match, rate.band): rate for rate in rates}


def _by_name(parts: Sequence[Band] | Sequence[Zone]) -> dict[object, Any]:
    return {each.name: each for each in parts}


def _name(part: Rate | Band | Zone) -> str:
    return part.rate_id if isinstance(part, Rate) else part.name


def _said_of_rate(rate: Rate) -> dict[str, str]:
    said = {"id": rate.rate_id}
    for field in fields(rate):
        if field.name not in ("rate_id", "steps"):
            said |= _said(field.name, getattr(rate, field.name))
    said["steps"] = "; ".join(_step(step) for step in rate.steps)
    return said


def _step(step: RateStep) -> str:
    return (
        f"from {length_word(step.from_ms)} {amount_word(step.price_micros)} "
        f"per {length_word(step.per_ms)} by {length_word(step.increment_ms)}"
    )


def _said_of_band(band: Band) -> dict[str, str]:
    said = {"from": clock_word(band.from_ms), "until": clock_word(band.until_ms)}
    for field in fields(band):
        if field.name not in ("name", *_DAY_CLOCKS):
            said |= _said(field.name, getattr(band, field.name))
    return said


def _said_of_zone(zone: Zone) -> dict[str, str]:
    return {
        "provinces": ", ".join(province_word(code) for code in zone.provinces),
        "areas": ", ".join(area_word(region_id) for region_id in zone.areas),
        "prefixes": ", ".join(zone.prefixes),
    }


def _terms(version: RatePlanVersion) -> dict[str, str]:
    """Give all that a version says beside its rates, bands and zones, by dotted names."""
    until_us = version.valid_until_us
    said = {
        "valid_from": instant_word(version.valid_from_us, version.tz),
        "valid_until": "" if until_us is None else instant_word(until_us, version.tz),
    }
    for field in fields(version):
        if field.name not in (*_NAMES, *_PARTS, "valid_from_us", "valid_until_us"):
            said |= _said(field.name, getattr(version, field.name))
    return said


def _validity(version: RatePlanVersion) -> str:
    said = _terms(version)
    return f"valid_from {said['valid_from']}, valid_until {said['valid_until'] or 'open'}"


def _said(name: str, value: object) -> dict[str, str]:
    """Give a field as texts, by the name that the file has for it; a term's fields dotted."""
    if is_dataclass(value):
        return {
            f"{name}.{inner}": text
            for field in fields(value)
            for inner, text in _said(field.name, getattr(value, field.name)).items()
        }
    return {_KEYS.get(name, name.removesuffix("_micros")): _text(name, value)}


def _text(name: str, value: object) -> str:
    match value:
        case None | ():
            text = ""
        case bool():
            text = "true" if value else "false"
        case int() if "micros" in name:
            text = amount_word(value)
        case int() if name.endswith("_ms"):
            text = str(value // _MINUTE_MS)
        case int() if name.endswith("_area"):
            text = area_word(value)
        case int() if name.endswith("_province"):
            text = province_word(value)
        case tuple():
            text = ", ".join(_entry(each) for each in value)
        case _:
            text = str(value)
    return text


def _entry(each: object) -> str:
    match each:
        case FunctionFee():
            return f"{each.name} {amount_word(each.monthly_micros)}"
        case PrepaidClass():
            price = amount_word(each.price_per_minute_micros)
            return f"from {amount_word(each.top_up_micros_min)} {price} a minute"
        case (date() as first, date() as until):
            return f"{first}/{until}"
        case _:
            return str(each)
