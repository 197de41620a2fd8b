"""Rate plans as people write them, in TOML with CSV decks beside it, into their versions.

A file holds one plan. Either its terms stand at the top and the plan has one version, or each
version stands in a ``[[version]]`` section. All faults of a plan and of its decks are found in one
reading (``docs/tariffs.md`` is the reference of the form).
"""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cdrpipe.errors import Fault, TariffError
from cdrpipe.tariff.fault_list import FaultList
from cdrpipe.tariff.price_section import Prices, ReadDeck, Surroundings, read_prices
from cdrpipe.tariff.rate_collection import RateCollection
from cdrpipe.tariff.rate_plan import SPLITS, RatePlanVersion
from cdrpipe.tariff.term_section import Terms, read_terms
from cdrpipe.tariff.toml_lines import locate
from cdrpipe.tariff.toml_table import TomlTable

DEFAULT_TZ = "Asia/Shanghai"
VERSION_MAX = 1_000_000

# A plan with a hundred versions of a dozen rates is 200 kB; a bigger file is none.
TEXT_CHARS_MAX = 2**21

_FOR_EVER_US = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SYNTAX_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadVersion:
    """What is right of a version, and where it stands.

    Attributes
    ----------
    version
        Without what is faulty; of a faulty date, from 1970 on and without end.
    section, rates
        The version's own section, and its rates with their places, in the order of ``version``.
    is_sound
        Nothing of it is faulty.
    """

    version: RatePlanVersion
    section: TomlTable
    rates: RateCollection
    is_sound: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadPlan:
    """The versions of a plan, ordered by validity, and all faults in file order."""

    faults: tuple[Fault, ...]
    versions: tuple[ReadVersion, ...]


def parse_rate_plan(
    text: str,
    *,
    file: str,
    read_deck: ReadDeck | None = None,
    calendars: Collection[str] | None = None,
) -> tuple[RatePlanVersion, ...]:
    """Read one rate plan and its decks into the versions of the plan, ordered by validity.

    Parameters
    ----------
    file
        What the text is called in messages.
    read_deck
        Gives the text of a deck by its name, or raises TariffError; None where the text stands
        alone, so that a plan with decks is refused.
    calendars
        Names of the calendars there are; None where that is not known.

    Raises
    ------
    TariffError
        The text is no TOML, or anything in it or in a deck is wrong; carries every fault with its
        file and line.
    """
    read = read_rate_plan(text, file=file, read_deck=read_deck, calendars=calendars)
    if read.faults:
        raise _refusal(read.faults, file=file)
    return tuple(each.version for each in read.versions)


def read_rate_plan(
    text: str,
    *,
    file: str,
    read_deck: ReadDeck | None = None,
    calendars: Collection[str] | None = None,
) -> ReadPlan:
    """Read one rate plan as ``parse_rate_plan`` does, and give what is right of a faulty one too.

    Raises
    ------
    TariffError
        The text is no TOML: nothing of it can be read.
    """
    document = _parse_toml(text, file=file)
    faults = FaultList(file=file, lines=locate(text))
    surroundings = Surroundings(read_deck=read_deck, calendars=calendars)
    versions = _read_plan(TomlTable(document, (), faults), surroundings)
    return ReadPlan(faults=faults.in_file_order(), versions=versions)


def instant_us_of(when: date | datetime, tz: str) -> int:
    """Give an instant, of a day its midnight in the plan's zone."""
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=ZoneInfo(tz))
    return (when - _EPOCH) // timedelta(microseconds=1)


def _parse_toml(text: str, *, file: str) -> dict[str, Any]:
    if len(text) > TEXT_CHARS_MAX:
        message = f"expected a rate plan of at most {TEXT_CHARS_MAX} characters, got {len(text)}"
        raise _refusal((Fault(message, code="FILE_TOO_LARGE", where=file),), file=file)
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        # Besides syntax: numbers of thousands of digits, and lists nested without end.
        message = str(error)
        place = _SYNTAX_LINE.search(message)
        line = int(place[1]) if place else text.count("\n") + 1
        message = _SYNTAX_LINE.sub("", message).removesuffix(" (at end of document)")
        message = f"the file is no TOML: {message}"
        fault = Fault(message, code="FILE_NOT_TOML", where=f"{file}:{line}")
        raise _refusal((fault,), file=file) from error


def _refusal(faults: tuple[Fault, ...], *, file: str) -> TariffError:
    return TariffError(
        f"{len(faults)} fault{'s' * (len(faults) > 1)} in rate plan {file}",
        faults=faults,
        where=faults[0].where,
        hint="nothing of the file was taken; mend it and import it again",
    )


def _read_plan(plan: TomlTable, surroundings: Surroundings) -> tuple[ReadVersion, ...]:
    plan.require("id")
    plan_id = plan.text("id") or ""
    name = plan.text("name") or plan_id
    tz = plan.text("tz") or DEFAULT_TZ
    if _zone(tz) is None:
        plan.fault("tz", f'`tz`: expected a time zone such as "{DEFAULT_TZ}", got "{tz}"')
        tz = DEFAULT_TZ
    sections = plan.tables("version") if isinstance(plan.peek("version"), list) else [plan]
    read = []
    for section in sections:
        version = _read_version(section, surroundings, plan_id=plan_id, name=name, tz=tz)
        section.refuse_unknown()
        read.append(version)
    if sections != [plan]:
        plan.refuse_unknown()
    read.sort(key=lambda each: (each.version.valid_from_us, each.version.version))
    _refuse_overlaps([each for each in read if each.is_sound])
    return tuple(read)


def _read_version(
    section: TomlTable, surroundings: Surroundings, *, plan_id: str, name: str, tz: str
) -> ReadVersion:
    """Read one version; what is wrong is noted."""
    faults_before = len(section.faults)
    is_whole_plan = section.path == ()
    section.require("valid_from") if is_whole_plan else section.require("version", "valid_from")
    number = section.whole("version", least=1, most=VERSION_MAX)
    valid_from, valid_until = (section.day_or_instant(key) for key in ("valid_from", "valid_until"))
    valid_from_us = None if valid_from is None else instant_us_of(valid_from, tz)
    valid_until_us = None if valid_until is None else instant_us_of(valid_until, tz)
    if valid_from_us is not None and valid_until_us is not None and valid_until_us <= valid_from_us:
        section.fault(
            "valid_until",
            "`valid_until` is not after `valid_from`",
            code="VALIDITY_WRONG",
            hint="`valid_until` is the first day on which the version is no longer in force",
        )
    split = section.choice("split", SPLITS)
    prices, rates = read_prices(section, surroundings)
    terms = read_terms(section)
    is_sound = len(section.faults) == faults_before
    assert valid_from_us is not None or not is_sound
    version = RatePlanVersion(
        plan_id=plan_id,
        version=number or 1,
        name=name,
        tz=tz,
        valid_from_us=valid_from_us or 0,
        valid_until_us=valid_until_us,
        split=split or "independent",
        **_as_keywords(prices),
        **_as_keywords(terms),
    )
    return ReadVersion(version=version, section=section, rates=rates, is_sound=is_sound)


def _as_keywords(part: Prices | Terms) -> dict[str, Any]:
    """Give the fields of a part of a version, which bear the version's own names."""
    return {field.name: getattr(part, field.name) for field in fields(part)}


def _refuse_overlaps(versions: list[ReadVersion]) -> None:
    """Note versions, ordered by validity, that share a number or an instant."""
    line_of_number: dict[int, int] = {}
    previous: RatePlanVersion | None = None
    for each in versions:
        section, version = each.section, each.version
        line = section.line_of()
        taken = line_of_number.setdefault(version.version, line)
        if taken != line:
            message = f"version {version.version} is defined in line {taken} too"
            section.fault("version", message, code="VERSION_TWICE")
        if previous is not None and version.valid_from_us < _until_us(previous):
            section.fault(
                "valid_from",
                f"version {version.version} begins while version {previous.version} is in force",
                code="VERSIONS_OVERLAP",
                hint=f"give version {previous.version} a `valid_until` no later than this",
            )
        if previous is None or _until_us(version) > _until_us(previous):
            previous = version


def _until_us(version: RatePlanVersion) -> int:
    return _FOR_EVER_US if version.valid_until_us is None else version.valid_until_us


def _zone(tz: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError):
        # A name of a folder of zones, such as "Asia", is an OSError.
        return None
