"""Import rate plans with their decks; a version of a plan stays as it was imported."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

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
    sources = []
    for file_index, path in enumerate(files):
        place = Place(file_index, 0, str(path))
        text = read_text(path, place, faults)
        if text is not None:
            sources.append(_Source(place=place, text=text, read_deck=partial(_read_deck, path)))
    return _import(engine, sources, faults, now_us=now_us, calendars=calendars)


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
    return _import(engine, sources, FaultList(), now_us=now_us, calendars=None)


def _import(
    engine: Engine,
    sources: Iterable[_Source],
    faults: FaultList,
    *,
    now_us: int,
    calendars: Collection[str] | None,
) -> ImportResult:
    rows: list[MasterRow] = []
    parsed: dict[Place, dict[PlanKey, RatePlanVersion]] = {}
    for source in sources:
        place, plan_file = source.place, _PlanFile(text=source.text)
        versions = _parse(plan_file, source, faults, calendars)
        parsed[place] = {(version.plan_id, version.version): version for version in versions}
        rows.extend(_row(version, plan_file, place, now_us=now_us) for version in versions)
    with writing(engine) as connection:
        merge = merge_rows(connection, rate_plan_version, rows, faults)
        settled = _settle(merge, parsed, faults)
        faults.raise_if_any()
        return store(connection, (settled,), now_us=now_us)


def stored_text(engine: Engine, *, plan_id: str, version: int | None) -> str | None:
    """Give the file a plan version came in; without a version, the highest one's.

    Returns
    -------
    None where the register has no such version.
    """
    columns = rate_plan_version.c
    query = select(columns.text).where(columns.plan_id == plan_id)
    if version is not None:
        query = query.where(columns.version == version)
    with reading(engine) as connection:
        text = connection.execute(query.order_by(columns.version.desc()).limit(1)).scalar()
    assert text is None or isinstance(text, str)
    return text


def parse_stored(rows: Iterable[Values]) -> dict[PlanKey, RatePlanVersion]:
    """Read stored rows of ``rate_plan_version`` back; each text is parsed once."""
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

    other = wrong_import(plan_file.text, taken=("rate deck",))
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


def _read_deck(plan: Path, name: str) -> str:
    path = plan.parent / name
    faults = FaultList()
    text = read_text(path, Place(0, 0, str(path)), faults)
    faults.raise_if_any()
    assert text is not None
    return text


def _row(version: RatePlanVersion, plan_file: _PlanFile, place: Place, *, now_us: int) -> MasterRow:
    values: dict[str, object] = {
        "plan_id": version.plan_id,
        "version": version.version,
        "valid_from_us": version.valid_from_us,
        "valid_until_us": version.valid_until_us,
        "text": plan_file.text,
        "sha256": plan_file.sha256,
        "imported_at_us": now_us,
        "decks": plan_file.decks_json,
        "activated_at_us": now_us,
    }
    return MasterRow(table=rate_plan_version, place=place, values=values, is_whole=True)


def _settle(
    merge: Merge, parsed: Mapping[Place, Mapping[PlanKey, RatePlanVersion]], faults: FaultList
) -> Merge:
    """Hold incoming versions against the stored ones: keep those as they are, refuse changes."""
    known = {key: merge.stored[key] for key in merge.incoming if key in merge.stored}
    stored = parse_stored(known.values())
    incoming = dict(merge.incoming)
    for key, values in known.items():
        row = incoming[key]
        plan_key = (str(key[0]), int(str(key[1])))
        before, after = stored[plan_key], parsed[row.place][plan_key]
        if after == before:
            incoming[key] = replace(row, values=dict(values))
        elif before.valid_until_us is not None or replace(after, valid_until_us=None) != before:
            _refuse_change(before, row.place, faults)
    return replace(merge, incoming=incoming)


def _refuse_change(version: RatePlanVersion, place: Place, faults: FaultList) -> None:
    faults.add(
        place,
        f"plan {version.plan_id} version {version.version} is in the register with other content",
        code="PLAN_VERSION_CHANGED",
        hint=(
            f"A version stays as it was imported: give this one a new number. The highest version "
            f"in force is taken, so a version {version.version + 1} replaces it while it holds."
        ),
    )
