"""Rows and the positions they came from, in one commit that the disk keeps before it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction

from cdrpipe.errors import ConfigError, CorruptLake, Refused, Unavailable
from cdrpipe.lake.data_file import discard, write_data_files
from cdrpipe.lake.durable import check_newest_entry, commit_with, sync_commit, sync_creation
from cdrpipe.lake.layout import PARTITION_COLUMNS, cdr_path, create_table

# A commit of written files is made again behind each one that was faster, at milliseconds a time;
# a daemon makes one a second.
COMMIT_RETRIES_MAX = 100

# Characters of a path that the table library reads as something else, or breaks on.
_UNFIT_FOR_PATHS = "%[]"


class Fenced(Refused):
    """Another writer stored these positions; what is in hand must be dropped and read again."""

    default_code = "POSITION_TAKEN"


class Overtaken(Unavailable):
    """Another writer stored records after this batch was judged; it must be judged again."""

    default_code = "OVERTAKEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step of one input.

    ``app_id`` names the input (``<job>:<topic>:<partition>`` or ``file:<SHA-256>``), ``expected``
    the position the lake must have for it (None: none yet), ``next`` the one it has afterwards.
    """

    app_id: str
    expected: int | None
    next: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a commit made: its version and the paths of its data files."""

    version: int
    files: tuple[str, ...]


class Publisher:
    """A writer's handle on the table of calls."""

    def __init__(self, lake_dir: Path) -> None:
        self._path = cdr_path(lake_dir).resolve()
        unfit = sorted(set(str(self._path)) & set(_UNFIT_FOR_PATHS))
        if unfit:
            raise ConfigError(
                f"expected a folder for the lake without {' '.join(unfit)} in its path",
                code="LAKE_PATH_UNFIT",
                where=str(self._path),
                hint="name another with data_dir",
            )
        try:
            check_newest_entry(self._path)
            self._table = create_table(lake_dir)
            sync_creation(self._path)
        except DeltaError as error:
            raise _damaged(error, self._path) from error
        except OSError as error:
            raise unavailable(error, self._path) from error

    @property
    def path(self) -> Path:
        """Give the table's folder."""
        return self._path

    def refreshed(self) -> DeltaTable:
        """Give the table at its newest version."""
        try:
            self._table.update_incremental()
        except DeltaError as error:
            raise _damaged(error, self._path) from error
        except OSError as error:
            raise unavailable(error, self._path) from error
        return self._table

    def position(self, app_id: str) -> int | None:
        """Give the position the lake has for an input, or None; looks at the newest version."""
        return self.refreshed().transaction_version(app_id)

    def write(self, rows: pa.Table) -> list[AddAction]:
        """Write rows to the disk; they are stored when the files are committed.

        May run beside other calls of this class, in another thread.

        Parameters
        ----------
        rows
            (n,) columns of RATED_SCHEMA; texts may be words.

        Raises
        ------
        Unavailable
            The disk would not take them. No file is left.
        """
        try:
            return write_data_files(self._path, rows)
        except OSError as error:
            raise unavailable(error, self._path) from error

    def commit(
        self,
        files: Sequence[AddAction],
        *,
        moves: Sequence[Move],
        judged_at: int,
        summary: Mapping[str, str],
    ) -> Stored:
        """Store the rows of written files and move the positions of their inputs: both or neither.

        Parameters
        ----------
        files
            As of ``write``; none is allowed, the positions move all the same. They are removed
            where the commit fails.
        moves
            One for each input the rows came from.
        judged_at
            The version whose stored records the rows were judged against.
        summary
            Kept with the commit: counts, job, program version.

        Returns
        -------
        The version and the files that hold the rows; they are on the disk.

        Raises
        ------
        Fenced
            An input's position is not the expected one. Nothing was stored.
        Overtaken
            The lake is past ``judged_at``. Nothing was stored; judge the batch again.
        Unavailable
            The disk would not take the commit, and nothing was stored; or it did not confirm it,
            and the position tells whether it is.
        """
        properties = CommitProperties(
            custom_metadata=dict(summary),
            app_transactions=[Transaction(move.app_id, move.next) for move in moves],
            # Lost to another writer is lost: what is stored now may be a copy of these rows.
            max_commit_retries=0,
        )
        try:
            self._check(moves, judged_at)
            self._write_actions(files, properties)
            self._table.update_incremental()
        except (Fenced, Overtaken):
            discard(self._path, files)
            raise
        except CommitFailedError as error:
            discard(self._path, files)
            raise _overtaken(self._path) from error
        except (OSError, DeltaError) as error:
            raise unavailable(error, self._path) from error
        # Without retries a commit makes the very next version.
        return self._made_durable(judged_at + 1)

    def publish(
        self,
        rows: pa.Table,
        *,
        moves: Sequence[Move],
        judged_at: int,
        summary: Mapping[str, str],
    ) -> Stored:
        """Write rows and commit them; parameters and errors are those of both."""
        files = self.write(rows)
        return self.commit(files, moves=moves, judged_at=judged_at, summary=summary)

    def publish_files(
        self, files: Sequence[AddAction], *, move: Move, summary: Mapping[str, str]
    ) -> Stored:
        """Store written files and move the position of their input: both or neither.

        Unlike a batch of records, their rows do not depend on what others store meanwhile: the
        commit is made behind whatever came first.

        Parameters
        ----------
        files
            Data files that lie in the table's folder already (``lake/rerated.py``).
        move
            The input they came from.
        summary
            As of ``publish``.

        Returns
        -------
        The version and the files; they are on the disk.

        Raises
        ------
        Fenced
            The input's position is not the expected one. Nothing was stored.
        Unavailable
            As of ``publish``, or other writers were faster COMMIT_RETRIES_MAX times.
        """
        properties = CommitProperties(
            custom_metadata=dict(summary),
            app_transactions=[Transaction(move.app_id, move.next)],
            max_commit_retries=COMMIT_RETRIES_MAX,
        )
        table = self.refreshed()
        self._check_positions(table, [move])
        begun_at = table.version()
        try:
            self._write_actions(files, properties)
        except CommitFailedError as error:
            # Another writer of the same input was faster, or very many of others were.
            self._check_positions(self.refreshed(), [move])
            raise unavailable(error, self._path) from error
        except (OSError, DeltaError) as error:
            raise unavailable(error, self._path) from error
        newest = self.refreshed().version()
        return self._made_durable(
            commit_with(self._path, move.app_id, versions=range(begun_at + 1, newest + 1))
        )

    def _made_durable(self, version: int) -> Stored:
        try:
            return Stored(version=version, files=sync_commit(self._path, version))
        except OSError as error:
            raise Unavailable(
                f"the disk did not confirm commit {version}: {error}",
                code="LAKE_UNAVAILABLE",
                where=str(self._path),
                hint="it may be stored or not; what the next try finds in the lake decides",
            ) from error

    def _check(self, moves: Sequence[Move], judged_at: int) -> None:
        # The table library lets a fresh handle commit a lower position than the stored one: the
        # handle that commits is the one that must be asked, after each refresh.
        table = self.refreshed()
        self._check_positions(table, moves)
        if table.version() != judged_at:
            raise _overtaken(self._path)

    def _check_positions(self, table: DeltaTable, moves: Sequence[Move]) -> None:
        for move in moves:
            stored = table.transaction_version(move.app_id)
            if stored != move.expected:
                raise Fenced(
                    f"expected position {move.expected} for {move.app_id}, the lake has {stored}",
                    where=str(self._path),
                    hint="another writer stored these records; nothing of this batch was stored",
                )

    def _write_actions(self, files: Sequence[AddAction], properties: CommitProperties) -> None:
        self._table.create_write_transaction(
            list(files),
            mode="append",
            schema=self._table.schema(),
            partition_by=PARTITION_COLUMNS,
            commit_properties=properties,
        )


def open_table(lake_dir: Path) -> DeltaTable | None:
    """Open the table of calls for reading; None where nothing was ever stored."""
    path = cdr_path(lake_dir)
    try:
        return DeltaTable(path)
    except TableNotFoundError:
        return None
    except DeltaError as error:
        raise _damaged(error, path) from error
    except OSError as error:
        raise unavailable(error, path) from error


def _overtaken(path: Path) -> Overtaken:
    return Overtaken(
        "another writer stored records in between",
        where=str(path),
        hint="nothing of this batch was stored; judge it again",
    )


def _damaged(error: Exception, path: Path) -> CorruptLake:
    return CorruptLake(
        f"the lake's log could not be read: {_first_line(error)}",
        where=str(path / "_delta_log"),
        hint="nothing was changed; bring the folder back from a copy before anything writes to it",
    )


def _first_line(error: Exception) -> str:
    """Take what an error says, without the trace that the table library adds."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:300]


def unavailable(error: Exception, path: Path) -> Unavailable:
    """Say that the disk or the table library would not go on."""
    return Unavailable(
        f"the lake could not be read or written: {_first_line(error)}",
        code="LAKE_UNAVAILABLE",
        where=str(path),
        hint="nothing of this batch was stored; look at free space and rights, then run it again",
    )
