"""Rows and the positions they came from, in one commit that the disk keeps before it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from cdrpipe.errors import Refused, Unavailable
from cdrpipe.lake.durable import check_newest_entry, sync_commit
from cdrpipe.lake.layout import PARTITION_COLUMNS, cdr_path, create_table, writer_properties

# Commits of others that may come between ours; each is a look at one log entry.
COMMIT_TRIES_MAX = 20


class Fenced(Refused):
    """Another writer stored these positions; what is in hand must be dropped and read again."""

    default_code = "POSITION_TAKEN"


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
        try:
            check_newest_entry(self._path)
            self._table = create_table(lake_dir)
        except (OSError, DeltaError) as error:
            raise _away(error, self._path) from error

    @property
    def version(self) -> int:
        """Give the version the handle stands at."""
        return self._table.version()

    @property
    def table(self) -> DeltaTable:
        """Give the table at the version the handle stands at."""
        return self._table

    def refreshed(self) -> DeltaTable:
        """Give the table at its newest version."""
        try:
            self._table.update_incremental()
        except (OSError, DeltaError) as error:
            raise _away(error, self._path) from error
        return self._table

    def position(self, app_id: str) -> int | None:
        """Give the position the lake has for an input, or None; looks at the newest version."""
        return self.refreshed().transaction_version(app_id)

    def publish(
        self, rows: pa.Table, *, moves: Sequence[Move], summary: Mapping[str, str]
    ) -> Stored:
        """Store rows and move the positions of their inputs: both or neither.

        Parameters
        ----------
        rows
            (n,) rows of RATED_SCHEMA; none is allowed, the positions move all the same.
        moves
            One for each input the rows came from.
        summary
            Kept with the commit: counts, job, program version.

        Returns
        -------
        The version and the files that hold them; they are on the disk.

        Raises
        ------
        Fenced
            An input's position is not the expected one. Nothing was stored.
        Unavailable
            The disk would not take the rows, and nothing was stored; or it did not confirm them,
            and the position tells whether they are.
        """
        properties = CommitProperties(
            custom_metadata=dict(summary),
            app_transactions=[Transaction(move.app_id, move.next) for move in moves],
            max_commit_retries=0,
        )
        for _ in range(COMMIT_TRIES_MAX):
            self._check(moves)
            try:
                self._commit(rows, properties)
            except CommitFailedError:
                continue
            except (OSError, DeltaError) as error:
                raise _away(error, self._path) from error
            return self._made_durable(self._table.version())
        raise Unavailable(
            f"expected to commit among other writers, lost {COMMIT_TRIES_MAX} times in a row",
            where=str(self._path),
            hint="nothing was stored; too many writers commit to one lake, try again later",
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

    def _check(self, moves: Sequence[Move]) -> None:
        # The table library lets a fresh handle commit a lower position than the stored one: the
        # handle that commits is the one that must be asked, after each refresh.
        table = self.refreshed()
        for move in moves:
            stored = table.transaction_version(move.app_id)
            if stored != move.expected:
                raise Fenced(
                    f"expected position {move.expected} for {move.app_id}, the lake has {stored}",
                    where=str(self._path),
                    hint="another writer stored these records; nothing of this batch was stored",
                )

    def _commit(self, rows: pa.Table, properties: CommitProperties) -> None:
        if rows.num_rows == 0:
            self._table.create_write_transaction(
                [],
                mode="append",
                schema=self._table.schema(),
                partition_by=PARTITION_COLUMNS,
                commit_properties=properties,
            )
            self._table.update_incremental()
            return
        write_deltalake(
            self._table,
            rows,
            mode="append",
            writer_properties=writer_properties(),
            commit_properties=properties,
        )


def open_table(lake_dir: Path) -> DeltaTable | None:
    """Open the table of calls for reading; None where nothing was ever stored."""
    path = cdr_path(lake_dir)
    try:
        return DeltaTable(path)
    except TableNotFoundError:
        return None
    except (OSError, DeltaError) as error:
        raise _away(error, path) from error


def _away(error: Exception, path: Path) -> Unavailable:
    return Unavailable(
        f"the lake could not be read or written: {error}",
        code="LAKE_UNAVAILABLE",
        where=str(path),
        hint="nothing of this batch was stored; look at free space and rights, then run it again",
    )
