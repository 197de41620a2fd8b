"""Run the command line in a process of its own and tell each state of its daemon on stderr.

``python cli_driver.py WORDS…`` is ``cdrpipe WORDS…`` with a JSON line for every progress, which
says what is in hand: the command's own progress lines sum that up with what is still to come.
"""

import sys
from collections.abc import Callable

import orjson

from cdrpipe import cli, daemon
from cdrpipe.daemon import DaemonSettings
from cdrpipe.kafka.ingest import Stop
from cdrpipe.kafka.progress import DaemonProgress, DaemonResult

run_daemon = daemon.run_daemon


def told_daemon(
    settings: DaemonSettings, *, stop: Stop, on_progress: Callable[[DaemonProgress], None]
) -> DaemonResult:
    def tell(progress: DaemonProgress) -> None:
        on_progress(progress)
        sys.stderr.write(orjson.dumps(progress).decode() + "\n")
        sys.stderr.flush()

    return run_daemon(settings, stop=stop, on_progress=tell)


if __name__ == "__main__":
    daemon.run_daemon = told_daemon
    cli.main()
