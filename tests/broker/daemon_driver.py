"""Run the daemon in a process of its own and tell its progress as JSON lines on stderr.

``python daemon_driver.py SETTINGS [IDLE_MS]``: SETTINGS is the tree of settings as JSON. It reads
few messages at a time and tells of each read, so that who kills it knows what was in hand.
"""

import json
import sys
import threading

import orjson

from cdrpipe.config import Config
from cdrpipe.daemon import daemon_settings, run_daemon
from cdrpipe.kafka import ingest
from cdrpipe.kafka.progress import DaemonProgress


def tell(progress: DaemonProgress) -> None:
    sys.stderr.write(orjson.dumps(progress).decode() + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    ingest.REPORT_EVERY_S = 0.0
    ingest.READ_MESSAGES_MAX = 100
    config = Config(**json.loads(sys.argv[1]))
    idle_ms = int(sys.argv[2]) if len(sys.argv) > 2 else None
    run_daemon(
        daemon_settings(config, stop_when_idle_ms=idle_ms),
        stop=threading.Event(),
        on_progress=tell,
    )
