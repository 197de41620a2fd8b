"""Rate stored calls again under the register as it stands: a new rating version, in force nowhere.

1. The register is told that a version is being written.
2. The calls are read, rated and written to files, batch by batch.
3. The files become part of the lake in one commit.
4. The register is told that the version is whole.

A process that dies between two steps leaves a version that is settled by the lake alone
(``settle.py``): it has all rows of the version, or none. Calls that arrive meanwhile are not in the
version; they show as they were rated at first, whatever becomes of it.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from cdrpipe.config import Config
from cdrpipe.errors import CdrpipeError, ConfigError, Refused
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.intake.path import reference_of
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.lake.lock import lock_if_free
from cdrpipe.lake.rerated import RerateWriter, is_stored, remove_unstored
from cdrpipe.lake.usage import usage_batches
from cdrpipe.nightly.settle import lock_file, settle_versions
from cdrpipe.pipeline import Reference
from cdrpipe.rating.account_difference import AccountDifference, DifferenceSums
from cdrpipe.rating.rerate import rerate_batch
from cdrpipe.register import RegisterSnapshot, load_snapshot, open_existing_register
from cdrpipe.register.rating_versions import (
    begin_version,
    close_unwritten,
    mark_written,
    next_version,
)
from cdrpipe.report.ask import open_answers

# Rows before and after.
Pairs = Generator[tuple[pa.Table, pa.Table]]
OnProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The calls to rate again: billing dates, half-open, of one account or (None) of all."""

    date_from: date
    date_until: date
    account_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redone:
    """What a redo did, or would do; ``rating_version`` is None where nothing was written."""

    rating_version: int | None
    differences: list[AccountDifference]

    @property
    def calls(self) -> int:
        """Count the calls that were rated again."""
        return sum(each.calls_new for each in self.differences)

    @property
    def unpriced_calls(self) -> int:
        """Count those of them that have no price now."""
        return sum(each.unpriced_calls for each in self.differences)


def preview_redo(config: Config, scope: Scope, *, on_progress: OnProgress) -> Redone:
    """Say what a redo would change; nothing is written.

    Raises
    ------
    ConfigError
        There is no such account, or no register.
    """
    with _opened_register(config) as engine:
        sums = DifferenceSums()
        with closing(_rerated(config, load_snapshot(engine), scope, number=0)) as pairs:
            for before, after in _counted(pairs, on_progress):
                sums.add(before, after)
    return Redone(rating_version=None, differences=sums.by_account())


def redo(config: Config, scope: Scope, *, now_us: int, on_progress: OnProgress) -> Redone:
    """Rate calls again and store them as a new rating version; nothing is put in force.

    Raises
    ------
    ConfigError
        There is no such account, or no register.
    Refused
        Another redo is writing.
    Unavailable
        The disk would not take the rows. What was begun is closed, now or by the next command.
    """
    with (
        _opened_register(config) as engine,
        lock_if_free(lock_file(config)) as is_ours,
    ):
        if not is_ours:
            raise Refused(
                "expected to write a rating version alone, another redo is writing one",
                code="REDO_RUNNING",
                where=str(lock_file(config)),
                hint="wait until it has ended:  cdrpipe rate versions",
            )
        settle_versions(config, engine, now_us=now_us)
        number = _unused_number(config, engine)
        snapshot = load_snapshot(engine)
        with closing(_rerated(config, snapshot, scope, number=number)) as pairs:
            first = next(pairs, None)
            if first is None:
                return Redone(rating_version=None, differences=[])
            begin_version(
                engine,
                number,
                date_from=scope.date_from,
                date_until=scope.date_until,
                account_id=scope.account_id,
                register_revision=snapshot.revision,
                now_us=now_us,
            )
            counted = _counted(chain([first], pairs), on_progress)
            return _write(config, engine, number, counted, now_us=now_us)


def _write(config: Config, engine: Engine, number: int, pairs: Pairs, *, now_us: int) -> Redone:
    sums = DifferenceSums()
    try:
        writer = RerateWriter(config.lake_dir, number)
        for before, after in pairs:
            sums.add(before, after)
            writer.write(after)
    except BaseException:
        # What fails here again is left to the next command.
        with suppress(CdrpipeError, OSError):
            remove_unstored(config.lake_dir, number)
            close_unwritten(engine, number, now_us=now_us)
        raise
    redone = Redone(rating_version=number, differences=sums.by_account())
    writer.publish({"rating_version": str(number), "calls": str(redone.calls)})
    mark_written(engine, number, calls=redone.calls, unpriced_calls=redone.unpriced_calls)
    return redone


def _rerated(config: Config, snapshot: RegisterSnapshot, scope: Scope, *, number: int) -> Pairs:
    """Rate batch by batch."""
    reference = _reference(config, snapshot)
    with closing(open_answers(config)) as connection:
        for before in usage_batches(
            connection,
            date_from=scope.date_from,
            date_until=scope.date_until,
            account_id=scope.account_id,
            service_numbers=_numbers_of(snapshot, scope.account_id),
        ):
            after = rerate_batch(
                before,
                guide=reference.guide,
                rates=reference.rates,
                plan_versions=reference.plan_versions,
                rating_version=number,
            )
            pair = _of_account(before, after, scope.account_id)
            if pair[0].num_rows:
                yield pair


def _reference(config: Config, snapshot: RegisterSnapshot) -> Reference:
    return reference_of(
        snapshot, load_region_table(config.region_overrides), load_calendars(config.calendar_files)
    )


def _numbers_of(snapshot: RegisterSnapshot, account_id: str | None) -> list[str]:
    """Name the numbers that an account owned or owns: their calls may be its own now."""
    if account_id is None:
        return []
    if account_id not in {account.account_id for account in snapshot.accounts}:
        raise ConfigError(
            f"expected an account of the register, got {account_id!r}",
            code="ACCOUNT_UNKNOWN",
            where="--account",
            hint="all:  cdrpipe account list",
        )
    return sorted(
        {each.service_number for each in snapshot.ownerships if each.account_id == account_id}
    )


def _of_account(
    before: pa.Table, after: pa.Table, account_id: str | None
) -> tuple[pa.Table, pa.Table]:
    """Keep the calls that are the account's before or after."""
    if account_id is None:
        return before, after
    wanted = pa.array([account_id])
    kept = pc.or_(pc.is_in(before["account_id"], wanted), pc.is_in(after["account_id"], wanted))
    return before.filter(kept), after.filter(kept)


def _counted(pairs: Iterable[tuple[pa.Table, pa.Table]], on_progress: OnProgress) -> Pairs:
    done = 0
    for before, after in pairs:
        yield before, after
        done += after.num_rows
        on_progress(done)


def _unused_number(config: Config, engine: Engine) -> int:
    """Give a number that neither register nor lake has: the register may be an older copy."""
    number = next_version(engine)
    while is_stored(config.lake_dir, number):
        number += 1
    return number


@contextmanager
def _opened_register(config: Config) -> Iterator[Engine]:
    engine = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    try:
        yield engine
    finally:
        engine.dispose()
