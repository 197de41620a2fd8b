"""Read the tariffs that a question names: plan files, stored plans, single versions of either."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select

from cdrpipe.billing.what_if import OtherTariff, in_force_always
from cdrpipe.errors import ConfigError
from cdrpipe.register.database import reading
from cdrpipe.register.fault_list import FaultList, Place
from cdrpipe.register.plans import parse_stored
from cdrpipe.register.tables import rate_plan_version
from cdrpipe.register.text_file import read_text
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import RatePlanVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """A plan version of the register, drafts included."""

    version: RatePlanVersion
    is_draft: bool


def stored_versions(engine: Engine) -> list[StoredVersion]:
    """Read all plan versions of the register, in the order of plan and version."""
    table = rate_plan_version
    query = select(table).order_by(*table.primary_key)
    with reading(engine) as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return [
        StoredVersion(version=version, is_draft=row["activated_at_us"] is None)
        for row, version in zip(rows, parse_stored(rows).values(), strict=True)
    ]


def read_tariffs(
    names: Sequence[str], stored: Sequence[StoredVersion], *, calendars: Collection[str]
) -> list[OtherTariff]:
    """Read tariffs by what they are called.

    ``plan.toml`` is a file with its decks beside it, ``PLAN`` a stored plan without its drafts.
    ``@2`` behind either picks version 2, a draft too. A version that is picked, or is the only one
    of a file, is taken to be in force always; of several each is by its dates.

    Raises
    ------
    ConfigError
        There is no such plan, or no such version.
    TariffError
        A file has faults; carries all of that file's.
    """
    return [_read(name, stored, calendars) for name in names]


def _read(name: str, stored: Sequence[StoredVersion], calendars: Collection[str]) -> OtherTariff:
    source, number = _parted(name)
    if _is_file(source):
        versions = _file_versions(Path(source), calendars)
        is_picked = len(versions) == 1
    else:
        versions = [
            each.version
            for each in stored
            if each.version.plan_id == source and (number is not None or not each.is_draft)
        ]
        is_picked = False
    if number is not None:
        versions = [version for version in versions if version.version == number]
        is_picked = True
    if not versions:
        raise ConfigError(
            f"expected a plan file, a stored plan or PLAN@VERSION, got {name!r}",
            code="TARIFF_UNKNOWN",
            where="--tariff",
            hint="all that are stored:  cdrpipe tariff list",
        )
    if is_picked:
        versions = [in_force_always(version) for version in versions]
    return OtherTariff(name=name, versions=tuple(versions))


def _parted(name: str) -> tuple[str, int | None]:
    source, _at, number = name.rpartition("@")
    if source and number.isdecimal() and not Path(name).is_file():
        return source, int(number)
    return name, None


def _is_file(source: str) -> bool:
    return source.endswith(".toml") or Path(source).is_file()


def _file_versions(path: Path, calendars: Collection[str]) -> list[RatePlanVersion]:
    return list(
        parse_rate_plan(
            _text(path),
            file=str(path),
            read_deck=lambda deck: _text(path.parent / deck),
            calendars=calendars,
        )
    )


def _text(path: Path) -> str:
    faults = FaultList()
    text = read_text(path, Place(0, 0, str(path)), faults)
    faults.raise_if_any()
    assert text is not None
    return text
