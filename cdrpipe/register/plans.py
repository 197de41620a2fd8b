"""Import rate plans with their decks; a version of a plan stays as it was imported.

Its validity in the register may be another than its text's: ``plan_change.py`` activates drafts and
retires versions.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import cast

from sqlalchemy import Engine, select

from cdrpipe.errors import TariffError
from cdrpipe.register.cells import read_identifier
from cdrpipe.register.database import reading, writing
from cdrpipe.register.fault_list import FaultList, Place
from cdrpipe.register.master_file import MasterRow
from cdrpipe.register.merge import ImportResult, Merge, Values, merge_rows, store
from cdrpipe.register.other_files import wrong_import
from cdrpipe.register.tables import rate_plan_version
from cdrpipe.register.text_file import read_text
from cdrpipe.tariff.cgrates_deck import WrittenPlan
from cdrpipe.tariff.price_section import ReadDeck
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import RatePlanVersion

PlanKey = tuple[str, int]

_ID = re.compile(r"^[ \t]*[\"']?id[\"']?[ \t]*=", re.MULTILINE)
_DRAFT_HINT = "It is a draft: import this one as a draft too, which replaces it, then activate it."
_ID_HINT = "Subscriptions name the plan by it: use dashes, and write what people read into `name`."


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlanFile:
    """A rate plan's text, and the texts of the decks it names, by name."""

    text: str
    decks: dict[str, str] = field(default_factory=dict)

    @property
    def decks_json(self) -> str | None:
        """Write the decks as the register stores them."""
        if not self.decks:
            return None
        return json.dumps(self.decks, ensure_ascii=False, sort_keys=True)

    @property
    def sha256(self) -> str:
        """Digest all that the plan is read from."""
        return sha256((self.text + (self.decks_json or "")).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A plan's text with its place, and what gives its decks by name."""

    place: Place
    text: str
    read_deck: ReadDeck


def import_plans(
    engine: Engine,
    files: Sequence[Path],
    *,
    now_us: int,
    calendars: Collection[str] | None = None,
) -> ImportResult:
    """Store the plan versions of some rate plans and the decks beside them, all or none.

    A stored version with the same content is left as it is, whatever its text; one that had no end
    may be given one. Any other change of a stored version is refused.

    Parameters
    ----------
    calendars
        Names of the calendars a plan may name; None where that is not known.

    Raises
    ------
    TariffError
        Anything in any file is wrong; carries every fault, and nothing was stored.
    """
    faults = FaultList()
    sources = _sources(files, faults)
    return _import(
        engine, sources, faults, now_us=now_us, calendars=calendars, activated_at_us=now_us
    )


def import_drafts(
    engine: Engine,
    files: Sequence[Path],
    *,
    now_us: int,
    calendars: Collection[str] | None = None,
) -> ImportResult:
    """Store plan versions that price no call until they are activated; else as ``import_plans``.

    A stored draft is replaced by another one of its number.
    """
    faults = FaultList()
    sources = _sources(files, faults)
    return _import(
        engine, sources, faults, now_us=now_us, calendars=calendars, activated_at_us=None
    )


def import_written_plans(
    engine: Engine, plans: Mapping[str, WrittenPlan], *, now_us: int
) -> ImportResult:
    """Store the versions of rate plans that were made from another form, all or none.

    Parameters
    ----------
    plans
        Each plan by what it is called in messages.

    Raises
    ------
    TariffError
        As of ``import_plans``.
    """
    sources = [
        _Source(place=Place(index, 0, name), text=plan.text, read_deck=plan.decks.__getitem__)
        for index, (name, plan) in enumerate(plans.items())
    ]
    return _import(
        engine, sources, FaultList(), now_us=now_us, calendars=None, activated_at_us=now_us
    )


def _sources(files: Sequence[Path], faults: FaultList) -> list[_Source]:
    sources = []
    for file_index, path in enumerate(files):
        place = Place(file_index, 0, str(path))
        text = read_text(path, place, faults)
        if text is not None:
            read_deck = partial(read_deck_beside, path)
            sources.append(_Source(place=place, text=text, read_deck=read_deck))
    return sources


def _import(
    engine: Engine,
    sources: Iterable[_Source],
    faults: FaultList,
    *,
    now_us: int,
    calendars: Collection[str] | None,
    activated_at_us: int | None,
) -> ImportResult:
    rows: list[MasterRow] = []
    parsed: dict[Place, dict[PlanKey, RatePlanVersion]] = {}
    for source in sources:
        place, plan_file = source.place, _PlanFile(text=source.text)
        versions = _parse(plan_file, source, faults, calendars)
        parsed[place] = {(version.plan_id, version.version): version for version in versions}
        rows.extend(
            _row(version, plan_file, place, now_us=now_us, activated_at_us=activated_at_us)
            for version in versions
        )
    with writing(engine) as connection:
        merge = merge_rows(connection, rate_plan_version, rows, faults)
        settled = _settle(merge, parsed, faults)
        faults.raise_if_any()
        return store(connection, (settled,), now_us=now_us)


def versions_of_plan(engine: Engine, plan_id: str) -> tuple[RatePlanVersion, ...]:
    """Read all stored versions of a plan, drafts too, in the order of their numbers."""
    table = rate_plan_version
    query = select(table).where(table.c.plan_id == plan_id).order_by(table.c.version)
    with reading(engine) as connection:
        rows = connection.execute(query).mappings().all()
    return tuple(parse_stored(dict(row) for row in rows).values())


def parse_stored(rows: Iterable[Values]) -> dict[PlanKey, RatePlanVersion]:
    """Read stored rows of ``rate_plan_version`` back, with the validity that the rows say."""
    rows = list(rows)
    return {
        key: replace(
            version,
            valid_from_us=cast("int", row["valid_from_us"]),
            valid_until_us=cast("int | None", row["valid_until_us"]),
        )
        for row, (key, version) in zip(rows, _parse_texts(rows).items(), strict=True)
    }


def _parse_texts(rows: Iterable[Values]) -> dict[PlanKey, RatePlanVersion]:
    """Read stored rows back as they were imported; each text is parsed once."""
    by_text: dict[object, Mapping[PlanKey, RatePlanVersion]] = {}
    versions: dict[PlanKey, RatePlanVersion] = {}
    for row in rows:
        plan_id, number = str(row["plan_id"]), int(str(row["version"]))
        if row["sha256"] not in by_text:
            decks = json.loads(str(row["decks"] or "{}"))
            of_text = parse_rate_plan(
                str(row["text"]),
                file=f"plan {plan_id} in the register",
                read_deck=decks.__getitem__,
            )
            by_text[row["sha256"]] = {(each.plan_id, each.version): each for each in of_text}
        versions[plan_id, number] = by_text[row["sha256"]][plan_id, number]
    return versions


def _parse(
    plan_file: _PlanFile,
    source: _Source,
    faults: FaultList,
    calendars: Collection[str] | None,
) -> tuple[RatePlanVersion, ...]:
    """Read a plan, and each deck it names into the plan file."""

    def read_deck(name: str) -> str:
        if name not in plan_file.decks:
            plan_file.decks[name] = source.read_deck(name)
        return plan_file.decks[name]

    other = wrong_import(plan_file.text, taken=("rate plan",))
    if other:
        faults.add(source.place, other, code="FILE_OF_OTHER_KIND")
        return ()
    try:
        versions = parse_rate_plan(
            plan_file.text,
            file=source.place.file,
            read_deck=read_deck,
            calendars=calendars,
        )
    except TariffError as error:
        faults.take_over(source.place, error)
        return ()
    _refuse_unfit_id(versions[0].plan_id, plan_file.text, source.place, faults)
    return versions


def _refuse_unfit_id(plan_id: str, text: str, place: Place, faults: FaultList) -> None:
    """Note an id that no subscription file could name."""
    try:
        read_identifier(plan_id)
    except ValueError as error:
        above = _ID.split(text, maxsplit=1)[0]
        at_id = replace(place, line=above.count("\n") + 1)
        faults.add(at_id, f"`id`: {error}", code="PLAN_ID_WRONG", hint=_ID_HINT)


def read_deck_beside(plan: Path, name: str) -> str:
    """Read a deck by the name that a plan calls it.

    Raises
    ------
    TariffError
        It cannot be read, or is no UTF-8 text.
    """
    path = plan.parent / name
    faults = FaultList()
    text = read_text(path, Place(0, 0, str(path)), faults)
    faults.raise_if_any()
    assert text is not None
    return text


def _row(
    version: RatePlanVersion,
    plan_file: _PlanFile,
    place: Place,
    *,
    now_us: int,
    activated_at_us: int | None,
) -> MasterRow:
    values: dict[str, object] = {
        "plan_id": version.plan_id,
        "version": version.version,
        "valid_from_us": version.valid_from_us,
        "valid_until_us": version.valid_until_us,
        "text": plan_file.text,
        "sha256": plan_file.sha256,
        "imported_at_us": now_us,
        "decks": plan_file.decks_json,
        "activated_at_us": activated_at_us,
    }
    return MasterRow(table=rate_plan_version, place=place, values=values, is_whole=True)


def _settle(
    merge: Merge, parsed: Mapping[Place, Mapping[PlanKey, RatePlanVersion]], faults: FaultList
) -> Merge:
    """Hold incoming versions against the stored ones: keep those as they are, refuse changes."""
    known = {key: merge.stored[key] for key in merge.incoming if key in merge.stored}
    stored = _parse_texts(known.values())
    incoming = dict(merge.incoming)
    for key, values in known.items():
        row = incoming[key]
        plan_key = (str(key[0]), int(str(key[1])))
        before, after = stored[plan_key], parsed[row.place][plan_key]
        is_draft = values["activated_at_us"] is None
        if after == before:
            incoming[key] = replace(row, values=dict(values))
        elif is_draft and row.values["activated_at_us"] is None:
            continue
        elif is_draft:
            _refuse_change(before, row.place, faults, hint=_DRAFT_HINT)
        elif _may_be_given_end(values, before, after):
            kept = {key: values[key] for key in ("valid_from_us", "activated_at_us")}
            incoming[key] = replace(row, values={**row.values, **kept})
        else:
            _refuse_change(before, row.place, faults, hint=_hint_of_change(before.version))
    return replace(merge, incoming=incoming)


def _may_be_given_end(row: Values, before: RatePlanVersion, after: RatePlanVersion) -> bool:
    """Tell whether an import does no more than state an end where the register has none."""
    if before.valid_until_us is not None or replace(after, valid_until_us=None) != before:
        return False
    assert after.valid_until_us is not None
    starts_us, ends_us = cast("int", row["valid_from_us"]), row["valid_until_us"]
    # A retired version has its end in the register already: the text may only say the same.
    return after.valid_until_us > starts_us and ends_us in (None, after.valid_until_us)


def _refuse_change(version: RatePlanVersion, place: Place, faults: FaultList, *, hint: str) -> None:
    faults.add(
        place,
        f"plan {version.plan_id} version {version.version} is in the register with other content",
        code="PLAN_VERSION_CHANGED",
        hint=hint,
    )


def _hint_of_change(number: int) -> str:
    return (
        "A version stays as it was imported: give this one a new number. The highest version "
        f"in force is taken, so a version {number + 1} replaces it while it holds."
    )
