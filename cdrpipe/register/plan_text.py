"""The files that rate plans came in, as the register keeps them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select

from cdrpipe.register.database import reading
from cdrpipe.register.tables import rate_plan_version


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanText:
    """A rate plan's file and its decks by name, and the versions that are read from it.

    A version that was imported with another end later is read from the later file only.
    """

    plan_id: str
    versions: tuple[int, ...]
    text: str
    decks: Mapping[str, str]


def stored_texts(engine: Engine, *, plan_id: str | None = None) -> tuple[PlanText, ...]:
    """Give the files of one plan, or of all, in the order of plan and first version."""
    table = rate_plan_version
    query = select(table).order_by(*table.primary_key)
    if plan_id is not None:
        query = query.where(table.c.plan_id == plan_id)
    by_file: dict[tuple[str, str], PlanText] = {}
    with reading(engine) as connection:
        for row in connection.execute(query):
            known = by_file.get((row.plan_id, row.sha256))
            by_file[row.plan_id, row.sha256] = PlanText(
                plan_id=row.plan_id,
                versions=(*(known.versions if known else ()), row.version),
                text=row.text,
                decks=json.loads(row.decks or "{}"),
            )
    return tuple(by_file.values())


def text_of_version(texts: tuple[PlanText, ...], version: int | None) -> PlanText | None:
    """Choose the file of a version; without one, the highest version's. None: there is none."""
    if version is None:
        return max(texts, key=lambda each: each.versions[-1], default=None)
    return next((each for each in texts if version in each.versions), None)
