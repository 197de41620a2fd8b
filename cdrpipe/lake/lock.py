"""A lock between processes that ends with its holder, however that dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdrpipe.errors import Unavailable


@contextmanager
def lock_if_free(path: Path) -> Iterator[bool]:
    """Hold a lock file for a while where nobody holds it; gives whether it is ours.

    Raises
    ------
    Unavailable
        The file cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise Unavailable(
            f"the lock file cannot be opened: {error.strerror}",
            code="LOCK_UNAVAILABLE",
            where=str(path),
            hint="run as the user that owns the data folder, or let this one write to it; "
            "look at free space",
        ) from error
    try:
        yield _take(descriptor)
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Say whether another process holds a lock; makes no file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # never made, or another user's: nothing is known to hold it
        return False
    try:
        return not _take(descriptor)
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
