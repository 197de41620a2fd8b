"""Import rate decks; a version of a plan stays as it was imported."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
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
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import RatePlanVersion

PlanKey = tuple[str, int]

_ID = re.compile(r"^[ \t]*[\"']?id[\"']?[ \t]*=", re.MULTILINE)
_ID_HINT = "Subscriptions name the plan by it: use dashes, and write what people read into `name`."


def import_plans(engine: Engine, files: Sequence[Path], *, now_us: int) -> ImportResult:
    """Store the plan versions of some rate decks, all or none.

    A stored version with the same content is left as it is, whatever its text; one that had no end
    may be given one. Any other change of a stored version is refused.

    Raises
    ------
    TariffError
        Anything in any file is wrong; carries every fault, and nothing was stored.
    """
    faults = FaultList()
    rows: list[MasterRow] = []
    parsed: dict[Place, dict[PlanKey, RatePlanVersion]] = {}
    for file_index, path in enumerate(files):
        place = Place(file_index, 0, str(path))
        text = read_text(path, place, faults)
        if text is None:
            continue
        versions = _parse(text, place, faults)
        parsed[place] = {(version.plan_id, version.version): version for version in versions}
        rows.extend(_row(version, text, place, now_us=now_us) for version in versions)
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
            of_text = parse_rate_plan(str(row["text"]), file=f"plan {plan_id} in the register")
            by_text[row["sha256"]] = {(each.plan_id, each.version): each for each in of_text}
        versions[plan_id, number] = by_text[row["sha256"]][plan_id, number]
    return versions


def _parse(text: str, place: Place, faults: FaultList) -> tuple[RatePlanVersion, ...]:
    other = wrong_import(text, taken=("rate deck",))
    if other:
        faults.add(place, other, code="FILE_OF_OTHER_KIND")
        return ()
    try:
        versions = parse_rate_plan(text, file=place.file)
    except TariffError as error:
        faults.take_over(place, error)
        return ()
    _refuse_unfit_id(versions[0].plan_id, text, place, faults)
    return versions


def _refuse_unfit_id(plan_id: str, text: str, place: Place, faults: FaultList) -> None:
    """Note an id that no subscription file could name."""
    try:
        read_identifier(plan_id)
    except ValueError as error:
        above = _ID.split(text, maxsplit=1)[0]
        at_id = replace(place, line=above.count("\n") + 1)
        faults.add(at_id, f"`id`: {error}", code="PLAN_ID_WRONG", hint=_ID_HINT)


def _row(version: RatePlanVersion, text: str, place: Place, *, now_us: int) -> MasterRow:
    values: dict[str, object] = {
        "plan_id": version.plan_id,
        "version": version.version,
        "valid_from_us": version.valid_from_us,
        "valid_until_us": version.valid_until_us,
        "text": text,
        "sha256": sha256(text.encode()).hexdigest(),
        "imported_at_us": now_us,
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
