"""Whether a question failed because a stored file is damaged, and which file it is."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cdrpipe.errors import CorruptLake, Unavailable

# "IO Error: …" and the like; what DuckDB says of a broken file may begin without such a kind.
_KIND = re.compile(r"(\w[\w ]*) Error:", re.ASCII)
_KINDS_OF_BROKEN_PAGES = {None, "IO", "Serialization", "INTERNAL", "FATAL"}


def cause_in_files(message: str, files: Sequence[str]) -> CorruptLake | Unavailable | None:
    """Find the file behind what DuckDB says; None where the files are not to blame.

    Parameters
    ----------
    message
        DuckDB's own words.
    files
        Paths of the live files.

    Notes
    -----
    Cost: a look at the end of each file; all files are read only where nothing else explains the
    failure.
    """
    named = next((file for file in files if file in message), None)
    if named is not None:
        if Path(named).exists() and not os.access(named, os.R_OK):
            return Unavailable(
                "a stored file may not be read by this user",
                where=named,
                hint="run as the user that imports, or let this one read the data folder",
            )
        return _damaged(named, _reason(named) or message.splitlines()[0])
    kind = _KIND.match(message)
    checks = [_reason]
    if (kind[1] if kind else None) in _KINDS_OF_BROKEN_PAGES:
        checks.append(_reason_within)
    for reason_of in checks:
        for file in files:
            reason = reason_of(file)
            if reason:
                return _damaged(file, reason)
    return None


def _reason(file: str) -> str:
    """Say what is wrong with a file, as far as its end tells; empty where it is sound."""
    path = Path(file)
    if not path.is_file():
        return "it is missing"
    if not path.stat().st_size:
        return "it is empty"
    try:
        pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        return str(error).splitlines()[0]
    return ""


def _reason_within(file: str) -> str:
    try:
        for _batch in pq.ParquetFile(file).iter_batches():
            pass
    except (pa.ArrowException, OSError) as error:
        return str(error).splitlines()[0]
    return ""


def _damaged(file: str, reason: str) -> CorruptLake:
    return CorruptLake(
        f"a stored file cannot be read: {reason}",
        code="LAKE_DAMAGED",
        where=file,
        hint="nothing was changed; stop imports and the daemon, and bring this file back from a "
        "backup. Its rows are in no other file",
    )
