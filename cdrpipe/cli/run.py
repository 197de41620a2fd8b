"""``cdrpipe run``: the daemon between Kafka and the lake, in the foreground."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.cdr import end_line
from cdrpipe.cli.failure import EXIT_INTERRUPTED, EXIT_TERMINATED
from cdrpipe.cli.frame import Command, Flags, option
from cdrpipe.cli.output import hint
from cdrpipe.cli.progress import Progress
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.kafka.progress import DaemonProgress

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_EXIT_CODES = {signal.SIGINT: EXIT_INTERRUPTED, signal.SIGTERM: EXIT_TERMINATED}


@click.command(
    cls=Command,
    help=N_(
        "Rate CDRs from Kafka until SIGTERM or Ctrl-C, which finish the batch in hand; "
        "a second one ends at once, and nothing is lost or stored twice."
    ),
)
@option(
    "--stop-when-idle",
    "idle_ms",
    type=click.IntRange(1),
    metavar="MS",
    help_text=N_("End when all is read and nothing came for so many milliseconds."),
)
@click.pass_obj
def run(flags: Flags, *, idle_ms: int | None) -> None:
    """Run the daemon until it is asked to stop."""
    from cdrpipe.daemon import daemon_settings, run_daemon

    _log_to_stderr(flags)
    settings = daemon_settings(flags.config(), stop_when_idle_ms=idle_ms)
    begun_s = monotonic()
    with _stop_on_signals(flags) as stop, Progress(flags, "run") as progress:

        def on_progress(now: "DaemonProgress") -> None:
            progress.show(
                now.committed_rows,
                total=now.committed_rows + now.in_hand + now.lag,
                per_s=now.per_s,
                note=_("{count} commits").format(count=f"{now.commits:,}"),
            )

        result = run_daemon(settings, stop=stop, on_progress=on_progress)
    hint(flags, end_line(result.outcomes, seconds=monotonic() - begun_s))


@contextmanager
def _stop_on_signals(flags: Flags) -> Iterator[threading.Event]:
    """Turn the first SIGTERM or SIGINT into a wish to stop; the second ends the process.

    The second is safe: what is not committed is read again by the next start.
    """
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(_EXIT_CODES[signal.Signals(number)])
        stop.set()
        hint(flags, _("stopping; once more to end at once"))

    before = {number: signal.signal(number, ask) for number in _EXIT_CODES}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log_to_stderr(flags: Flags) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=_LEVELS[min(flags.verbose, len(_LEVELS) - 1)],
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
