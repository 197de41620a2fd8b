"""Put a rating version in force, or close it for ever."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from cdrpipe.config import Config
from cdrpipe.errors import CorruptLake, Refused
from cdrpipe.lake.layout import cdr_path
from cdrpipe.lake.lock import lock_if_free
from cdrpipe.lake.query import run_file
from cdrpipe.nightly.settle import lock_file, settle_versions, stored_counts
from cdrpipe.rating.account_difference import AccountDifference
from cdrpipe.register import open_existing_register
from cdrpipe.register.rating_versions import (
    RatingVersion,
    abandon_version,
    activate_version,
    check_may_abandon,
    check_may_activate,
    find_version,
)
from cdrpipe.report.ask import open_answers
from cdrpipe.report.rating_difference import rating_differences

_MONTHS = Path(__file__).with_name("rated_months.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What putting a version in force would change.

    ``months`` are the accounts and first days of months that it touches.
    """

    version: RatingVersion
    differences: list[AccountDifference]
    months: frozenset[tuple[str, date]]


def weigh_activation(config: Config, number: int, *, now_us: int) -> Decision:
    """Say what putting a version in force would change; the version stays as it is.

    Raises
    ------
    ConfigError
        There is no such version.
    Refused
        It must not be put in force, or versions in force have all of its calls.
    CorruptLake
        The lake has not the calls that the register says.
    """
    decision = _weigh(config, number, check_may_activate, now_us=now_us)
    if not decision.months:
        raise Refused(
            f"every call of rating version {number} is in force under a higher version",
            code="RATING_VERSION_SUPERSEDED",
            hint=f"nothing would change; close it:  cdrpipe rate abandon {number}",
        )
    return decision


def weigh_abandonment(config: Config, number: int, *, now_us: int) -> Decision:
    """Say what putting a version in force would have changed; the version stays as it is.

    Raises
    ------
    ConfigError
        There is no such version.
    Refused
        It must not be closed.
    """
    return _weigh(config, number, check_may_abandon, now_us=now_us)


def activate(config: Config, decision: Decision, *, now_us: int) -> None:
    """Put a version in force."""
    with _settled_register(config, now_us=now_us) as engine:
        activate_version(
            engine, decision.version.rating_version, months=decision.months, now_us=now_us
        )


def abandon(config: Config, decision: Decision, *, now_us: int) -> None:
    """Close a version for ever."""
    with _settled_register(config, now_us=now_us) as engine:
        abandon_version(engine, decision.version.rating_version, now_us=now_us)


def _weigh(
    config: Config, number: int, check: Callable[[RatingVersion], None], *, now_us: int
) -> Decision:
    with _settled_register(config, now_us=now_us) as engine:
        version = find_version(engine, number)
    check(version)
    _check_lake(config, version)
    with closing(open_answers(config)) as connection:
        differences = rating_differences(connection, old=None, new=number)
        months = run_file(connection, _MONTHS, {"rating_version": number}).to_pylist()
    return Decision(
        version=version,
        differences=differences,
        months=frozenset((row["account_id"], row["month_on"]) for row in months),
    )


def _check_lake(config: Config, version: RatingVersion) -> None:
    calls, _unpriced = stored_counts(config, version.rating_version)
    if calls != version.calls:
        raise CorruptLake(
            f"expected {version.calls} calls of rating version {version.rating_version}, "
            f"the lake has {calls}",
            code="LAKE_DAMAGED",
            where=str(cdr_path(config.lake_dir)),
            hint="nothing was changed; register and lake are not of one time: bring both back from "
            "one backup, or redo the period",
        )


@contextmanager
def _settled_register(config: Config, *, now_us: int) -> Iterator[Engine]:
    """Open the register; what an interrupted redo left is settled before, unless one runs."""
    engine = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    try:
        with lock_if_free(lock_file(config)) as is_ours:
            if is_ours:
                settle_versions(config, engine, now_us=now_us)
        yield engine
    finally:
        engine.dispose()
