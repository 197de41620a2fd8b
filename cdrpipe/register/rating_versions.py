"""Rating versions: begun, written, then put in force or closed for ever.

::

    begin ─ writing ─ written ─┬─ active
                └──────────────┴─ abandoned

Version 1 is what the path itself rates; it has no row. Rows of ``rating_in_force`` say which months
of which accounts a version touches: what the books of those months must take in.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from cdrpipe.errors import ConfigError, Refused
from cdrpipe.register.database import reading, writing
from cdrpipe.register.tables import rating_in_force, rating_version

FIRST_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingVersion:
    """One re-rating of a period, as the register has it; ``calls`` is None while it is written."""

    rating_version: int
    status: str
    date_from: date
    date_until: date
    account_id: str | None
    register_revision: int
    calls: int | None
    unpriced_calls: int | None
    begun_at_us: int
    decided_at_us: int | None


def rating_versions(engine: Engine) -> list[RatingVersion]:
    """Read all rating versions but the first, in their order."""
    with reading(engine) as connection:
        rows = connection.execute(select(rating_version).order_by(rating_version.c.rating_version))
        return [_of(row) for row in rows]


def find_version(engine: Engine, number: int) -> RatingVersion:
    """Read one rating version.

    Raises
    ------
    ConfigError
        There is none of that number.
    """
    with reading(engine) as connection:
        return _find(connection, number)


def next_version(engine: Engine) -> int:
    """Give the number that the next rating version would bear."""
    with reading(engine) as connection:
        highest = connection.execute(select(func.max(rating_version.c.rating_version))).scalar()
    return max(highest or 0, FIRST_VERSION) + 1


def begin_version(
    engine: Engine,
    number: int,
    *,
    date_from: date,
    date_until: date,
    account_id: str | None,
    register_revision: int,
    now_us: int,
) -> None:
    """Note that a rating version is being written, before any of its rows are stored."""
    values = {
        "rating_version": number,
        "status": "writing",
        "date_from": date_from,
        "date_until": date_until,
        "account_id": account_id,
        "register_revision": register_revision,
        "begun_at_us": now_us,
    }
    with writing(engine) as connection:
        connection.execute(rating_version.insert().values(values))


def mark_written(engine: Engine, number: int, *, calls: int, unpriced_calls: int) -> None:
    """Note that the lake has all rows of a version."""
    with writing(engine) as connection:
        _check_status(_find(connection, number), "writing")
        _update(connection, number, status="written", calls=calls, unpriced_calls=unpriced_calls)


def activate_version(
    engine: Engine, number: int, *, months: Collection[tuple[str, date]], now_us: int
) -> None:
    """Put a version in force, for ever.

    Parameters
    ----------
    months
        Accounts and first days of months that the version touches: of its rows, and of the rows
        that they replace.

    Raises
    ------
    Refused
        It is in force, was abandoned, is not whole, or has calls without a price.

    Notes
    -----
    The register's revision stays: the path rates new calls as before. What the accounts owe more
    or less for these months belongs into this transaction.
    """
    with writing(engine) as connection:
        check_may_activate(_find(connection, number))
        _update(connection, number, status="active", decided_at_us=now_us)
        connection.execute(
            rating_in_force.insert(),
            [
                {"account_id": account_id, "month_on": month_on, "rating_version": number}
                for account_id, month_on in sorted(months)
            ],
        )


def abandon_version(engine: Engine, number: int, *, now_us: int) -> None:
    """Close a version for ever; its rows stay readable.

    Raises
    ------
    Refused
        It is in force, was abandoned, or is being written.
    """
    with writing(engine) as connection:
        check_may_abandon(_find(connection, number))
        _update(connection, number, status="abandoned", decided_at_us=now_us)


def close_unwritten(engine: Engine, number: int, *, now_us: int) -> None:
    """Close a version whose rows were never stored."""
    with writing(engine) as connection:
        _check_status(_find(connection, number), "writing")
        _update(
            connection,
            number,
            status="abandoned",
            calls=0,
            unpriced_calls=0,
            decided_at_us=now_us,
        )


def check_may_activate(version: RatingVersion) -> None:
    """Refuse to put a version in force that must not be."""
    _check_status(version, "written")
    if version.unpriced_calls:
        raise Refused(
            f"expected a price for every call, {version.unpriced_calls:,} of rating version "
            f"{version.rating_version} have none",
            code="RATING_VERSION_UNPRICED",
            hint=f"see which:  cdrpipe rate diff {FIRST_VERSION} {version.rating_version} --calls "
            "(outcome_new: suspended) ; mend plans or numbers, then redo the period",
        )


def check_may_abandon(version: RatingVersion) -> None:
    """Refuse to close a version that must not be."""
    _check_status(version, "written")


_WHY_NOT = {
    "writing": (
        "is not written to its end",
        "it is settled as soon as nothing writes it:  cdrpipe rate versions",
    ),
    "written": ("is written already", "see  cdrpipe rate versions"),
    "active": ("is in force", "what is in force is replaced by another:  cdrpipe rate redo …"),
    "abandoned": ("was abandoned", "that is for ever; rate the period again:  cdrpipe rate redo …"),
}


def _check_status(version: RatingVersion, expected: str) -> None:
    if version.status != expected:
        why, hint = _WHY_NOT[version.status]
        raise Refused(
            f"rating version {version.rating_version} {why}",
            code=f"RATING_VERSION_{version.status.upper()}",
            hint=hint,
        )


def _find(connection: Connection, number: int) -> RatingVersion:
    found = connection.execute(
        select(rating_version).where(rating_version.c.rating_version == number)
    ).one_or_none()
    if found is None:
        raise ConfigError(
            f"expected the number of a rating version, got {number}",
            code="RATING_VERSION_UNKNOWN",
            hint="all:  cdrpipe rate versions"
            + (" ; version 1, the first rating, is no version to decide on" * (number == 1)),
        )
    return _of(found)


def _of(row: Row[Any]) -> RatingVersion:
    return RatingVersion(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def _update(connection: Connection, number: int, **values: object) -> None:
    connection.execute(
        rating_version.update().where(rating_version.c.rating_version == number).values(**values)
    )
