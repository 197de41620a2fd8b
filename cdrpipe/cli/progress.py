"""Progress on stderr: a live line on a terminal, a plain or JSON line a second where asked."""

import json
import sys
import time
from types import TracebackType
from typing import Any, Self

import click

from cdrpipe.cli.frame import Flags
from cdrpipe.language import _

EVERY_S = 1.0


def form_of_progress(flags: Flags) -> str:
    """Choose the form: ``auto`` is a live line on a terminal, else none; -q is none."""
    if flags.quiet:
        return "none"
    if flags.progress == "auto":
        return "live" if sys.stderr.isatty() else "none"
    return flags.progress


class Progress:
    """How far a phase is; a context manager, so that a live line is left clean.

    Parameters
    ----------
    flags
        As given on the command line.
    phase
        One English word, the same in every language.
    """

    def __init__(self, flags: Flags, phase: str) -> None:
        self._form = form_of_progress(flags)
        self._phase = phase
        self._begun_s = time.monotonic()
        self._said_s = self._begun_s
        self._status: Any = None

    def __enter__(self) -> Self:
        """Begin a live line where one is wanted."""
        if self._form == "live":
            from rich.console import Console

            self._status = Console(stderr=True).status(self._phase)
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the live line away."""
        if self._status is not None:
            self._status.stop()

    def show(
        self, done: int, *, total: int | None = None, per_s: int | None = None, note: str = ""
    ) -> None:
        """Say how far the phase is; cheap, and silent but once a second."""
        now_s = time.monotonic()
        if self._form == "none" or (self._form != "live" and now_s - self._said_s < EVERY_S):
            return
        self._said_s = now_s
        if per_s is None:
            per_s = round(done / max(now_s - self._begun_s, 0.001))
        if self._form == "json":
            click.echo(_machine_line(self._phase, done, total, per_s), err=True)
            return
        text = _line(self._phase, done, total, per_s, note)
        if self._status is not None:
            self._status.update(text)
        else:
            click.echo(text, err=True)


def _machine_line(phase: str, done: int, total: int | None, per_s: int) -> str:
    eta_s = None if total is None or per_s <= 0 else round((total - done) / per_s)
    line = {"phase": phase, "done": done, "total": total, "per_s": per_s, "eta_s": eta_s}
    return json.dumps(line, separators=(",", ":"))


def _line(phase: str, done: int, total: int | None, per_s: int, note: str) -> str:
    of_total = f" / {total:,}" if total is not None else ""
    words = [f"{phase} {done:,}{of_total}", _("{count}/s").format(count=f"{per_s:,}"), note]
    return " · ".join(word for word in words if word)
