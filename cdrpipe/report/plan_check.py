"""Check rate plans: files as they lie there, and what the register has stored."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from cdrpipe.errors import TariffError
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.register.database import reading
from cdrpipe.register.fault_list import FaultList, Place
from cdrpipe.register.plan_text import PlanText, stored_texts
from cdrpipe.register.plans import read_deck_beside
from cdrpipe.register.snapshot import stored_plan_versions
from cdrpipe.register.text_file import read_text
from cdrpipe.tariff.check import check_rate_plan, check_stored_versions
from cdrpipe.tariff.finding import Finding


def check_file(
    path: Path, *, calendars: Mapping[str, Calendar], years: Collection[int]
) -> tuple[Finding, ...]:
    """Check a file and the decks beside it.

    Raises
    ------
    TariffError
        The file cannot be read, or is no UTF-8 text.
    """
    faults = FaultList()
    text = read_text(path, Place(0, 0, str(path)), faults)
    faults.raise_if_any()
    assert text is not None
    return check_rate_plan(
        text,
        file=str(path),
        read_deck=partial(read_deck_beside, path),
        calendars=calendars,
        years=years,
    )


def check_files(
    paths: Sequence[Path], *, calendars: Mapping[str, Calendar], years: Collection[int]
) -> tuple[list[Finding], TariffError | None]:
    """Check some files, and give beside what was found those that could not be read."""
    found: list[Finding] = []
    unread = FaultList()
    for index, path in enumerate(paths):
        try:
            found += check_file(path, calendars=calendars, years=years)
        except TariffError as error:
            unread.take_over(Place(index, 0, str(path)), error)
    try:
        unread.raise_if_any()
    except TariffError as error:
        return found, error
    return found, None


def check_stored(
    engine: Engine,
    *,
    plan_ids: Collection[str],
    calendars: Mapping[str, Calendar],
    years: Collection[int],
) -> list[Finding]:
    """Check what the register has stored of some plans, drafts too; lines are those of the text."""
    found: list[Finding] = []
    texts = [text for text in stored_texts(engine) if text.plan_id in plan_ids]
    for text in texts:
        found += check_rate_plan(
            text.text,
            file=_shown(text),
            read_deck=text.decks.__getitem__,
            calendars=calendars,
            years=years,
        )
    with reading(engine) as connection:
        versions = stored_plan_versions(connection)
    for plan_id in dict.fromkeys(text.plan_id for text in texts):
        own = [version for version in versions if version.plan_id == plan_id]
        if sum(text.plan_id == plan_id for text in texts) > 1:
            found += check_stored_versions(own, plan=f"plan {plan_id} in the register")
    return found


def _shown(text: PlanText) -> str:
    numbers = ", ".join(str(number) for number in text.versions)
    return f"plan {text.plan_id} version {numbers} in the register"
