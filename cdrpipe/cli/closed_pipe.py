"""A reader of stdout that leaves early, as ``head`` does."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def silence_stdout() -> None:
    """Give what is still buffered for a reader that left to /dev/null."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def despite_closed_pipe() -> Iterator[None]:
    """Show something, and go on where nobody reads it to its end: what was asked for is done."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
