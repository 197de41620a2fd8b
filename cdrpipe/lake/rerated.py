"""Files of calls that were priced again, written bit by bit and stored in one commit."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.transaction import AddAction

from cdrpipe.lake.data_file import add_action, write_data_file
from cdrpipe.lake.layout import STORED_SCHEMA, cdr_path
from cdrpipe.lake.publish import Move, Publisher, Stored, open_table, unavailable

# Rows held back until a file is worth writing: some 120 MB, two row groups.
HELD_ROWS_MAX = 262_144

_ORDER = [("account_id", "ascending"), ("billing_started_at", "ascending")]
_WITH_BOUNDS = ["account_id", "billing_started_at", "rating_version"]


def app_id_of(rating_version: int) -> str:
    """Name a rating version as an input of the lake."""
    return f"rerate:{rating_version}"


def is_stored(lake_dir: Path, rating_version: int) -> bool:
    """Say whether the lake has the rows of a rating version."""
    table = open_table(lake_dir)
    return table is not None and table.transaction_version(app_id_of(rating_version)) is not None


class RerateWriter:
    """Writes the rows of one rating version; nothing is stored before ``publish``.

    Parameters
    ----------
    lake_dir
        Folder of the lake.
    rating_version
        Number of the version.

    Notes
    -----
    Rows may come in any order of days. Those of a day are held until it has the most of
    HELD_ROWS_MAX rows, and lie in its files in order of account and start.
    """

    def __init__(self, lake_dir: Path, rating_version: int) -> None:
        self._publisher = Publisher(lake_dir)
        self._rating_version = rating_version
        self._held: defaultdict[date, list[pa.Table]] = defaultdict(list)
        self._held_rows = 0
        self._files: list[AddAction] = []

    def write(self, rows: pa.Table) -> None:
        """Take rows of RATED_SCHEMA, whatever kind and rating version they name.

        Raises
        ------
        Unavailable
            The disk would not take them.
        """
        for day, of_day in _by_day(rows):
            self._held[day].append(of_day)
        self._held_rows += rows.num_rows
        while self._held_rows > HELD_ROWS_MAX:
            self._write_file(max(self._held, key=self._rows_held_of))

    def publish(self, summary: dict[str, str]) -> Stored:
        """Store all rows in one commit.

        Raises
        ------
        Fenced
            The lake has this rating version already.
        Unavailable
            The disk would not take them, or did not confirm them; the lake tells which.
        """
        for day in sorted(self._held):
            self._write_file(day)
        move = Move(app_id=app_id_of(self._rating_version), expected=None, next=1)
        return self._publisher.publish_files(self._files, move=move, summary=summary)

    def _rows_held_of(self, day: date) -> int:
        return sum(rows.num_rows for rows in self._held[day])

    def _write_file(self, day: date) -> None:
        rows = pa.concat_tables(self._held.pop(day))
        self._held_rows -= rows.num_rows
        version = pa.repeat(pa.scalar(self._rating_version, pa.int32()), rows.num_rows)
        position = STORED_SCHEMA.get_field_index("rating_version")
        rows = rows.cast(STORED_SCHEMA).set_column(position, "rating_version", version)
        folder = self._publisher.path / "kind=rerated" / f"billing_date={day}"
        path = folder / f"{_prefix(self._rating_version)}{uuid.uuid4()}.parquet"
        try:
            write_data_file(
                path, rows.sort_by(_ORDER), compression="zstd", with_bounds=_WITH_BOUNDS
            )
        except OSError as error:
            raise unavailable(error, self._publisher.path) from error
        self._files.append(
            add_action(
                self._publisher.path,
                path,
                kind="rerated",
                day=day,
                row_count=rows.num_rows,
                bounds={"rating_version": self._rating_version},
            )
        )


def remove_unstored(lake_dir: Path, rating_version: int) -> None:
    """Remove the files of a version that was never stored: its writer failed or was killed."""
    assert not is_stored(lake_dir, rating_version)
    for path in cdr_path(lake_dir).glob(f"kind=rerated/*/{_prefix(rating_version)}*.parquet"):
        path.unlink(missing_ok=True)


def _prefix(rating_version: int) -> str:
    return f"version-{rating_version}-"


def _by_day(rows: pa.Table) -> Iterator[tuple[date, pa.Table]]:
    for day in pc.unique(rows["billing_date"]):
        yield day.as_py(), rows.filter(pc.equal(rows["billing_date"], day))
