"""Make a commit survive a power cut: the table library never asks the disk to keep anything."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from cdrpipe.errors import CorruptLake


def log_entry(table_path: Path, version: int) -> Path:
    """Give the log file of a version."""
    return table_path / "_delta_log" / f"{version:020}.json"


def sync_commit(table_path: Path, version: int) -> tuple[str, ...]:
    """Ask the disk to keep a version: data files, their folders, its log entry, a checkpoint.

    Returns only when all of it is kept; nothing may be acknowledged before. Gives the data files.
    """
    entry = log_entry(table_path, version)
    folders: set[Path] = set()
    files = []
    with entry.open(encoding="utf-8") as lines:
        for line in lines:
            action = json.loads(line).get("add")
            if action is not None:
                file = table_path / unquote(action["path"])
                sync(file)
                files.append(str(file))
                folders.update(parent for parent in file.parents if table_path in parent.parents)
    for folder in (*folders, table_path):
        sync(folder)
    for file in (entry, *_checkpoint(table_path, version)):
        sync(file)
    sync(entry.parent)
    return tuple(files)


def commit_with(table_path: Path, app_id: str, *, versions: Iterable[int]) -> int:
    """Find the version whose log entry moved the position of an input."""
    for version in versions:
        with log_entry(table_path, version).open(encoding="utf-8") as lines:
            for line in lines:
                if json.loads(line).get("txn", {}).get("appId") == app_id:
                    return version
    raise AssertionError(f"no commit of {app_id} in {versions}")


def sync_all() -> None:
    """Ask the disk to keep whatever was written: for a commit whose maker died before it asked."""
    os.sync()


def sync_creation(table_path: Path) -> None:
    """Ask the disk to keep a new table's first log entry and every folder down to it."""
    first = log_entry(table_path, 0)
    if first.exists():
        sync(first)
    for folder in (first.parent, table_path, table_path.parent, table_path.parent.parent):
        sync(folder)


def _checkpoint(table_path: Path, version: int) -> list[Path]:
    """Give the files of a checkpoint that a commit may have made; old log entries rest on it."""
    log = table_path / "_delta_log"
    names = [f"{each:020}.checkpoint.parquet" for each in (version - 1, version)]
    made = [log / name for name in names if (log / name).exists()]
    return [*made, log / "_last_checkpoint"] if made else []


def check_newest_entry(table_path: Path) -> None:
    """Refuse a table whose newest log entry is empty, as a power cut can leave it.

    Raises
    ------
    CorruptLake
        The entry is empty. It was never acknowledged: what it held is delivered again.
    """
    log = table_path / "_delta_log"
    newest = max(log.glob("[0-9]*.json"), default=None)
    if newest is not None and newest.stat().st_size == 0:
        raise CorruptLake(
            "expected a log entry, found an empty file: the machine went down while it was written",
            where=str(newest),
            hint="nothing in it was acknowledged; move the file away and start again",
        )


def sync(path: Path) -> None:
    """Ask the disk to keep a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
