"""Rating versions whose writer died: the lake says what they are."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from cdrpipe.config import Config
from cdrpipe.lake.durable import sync_all
from cdrpipe.lake.lock import is_held
from cdrpipe.lake.query import run_file
from cdrpipe.lake.rerated import is_stored, remove_unstored
from cdrpipe.register.rating_versions import (
    RatingVersion,
    close_unwritten,
    mark_written,
    rating_versions,
)
from cdrpipe.report.ask import open_answers

_COUNTS = Path(__file__).with_name("rating_counts.sql")


def lock_file(config: Config) -> Path:
    """Name the lock that whoever writes a rating version holds."""
    return config.data_dir / "redo.lock"


def settle_versions(config: Config, engine: Engine, *, now_us: int) -> None:
    """Mark as written, or close, each version that somebody began and did not end.

    The caller holds the lock: nobody writes one now.
    """
    for version in rating_versions(engine):
        if version.status != "writing":
            continue
        number = version.rating_version
        if is_stored(config.lake_dir, number):
            sync_all()
            calls, unpriced_calls = stored_counts(config, number)
            mark_written(engine, number, calls=calls, unpriced_calls=unpriced_calls)
        else:
            remove_unstored(config.lake_dir, number)
            close_unwritten(engine, number, now_us=now_us)


def stored_counts(config: Config, number: int) -> tuple[int, int]:
    """Count the calls of a version in the lake, and those of them without a price."""
    with closing(open_answers(config)) as connection:
        (row,) = run_file(connection, _COUNTS, {"rating_version": number}).to_pylist()
    return row["calls"], row["unpriced_calls"]


def status_shown(config: Config, version: RatingVersion) -> str:
    """Give a version's status; ``interrupted`` where nobody writes it any more."""
    if version.status == "writing" and not is_held(lock_file(config)):
        return "interrupted"
    return version.status
