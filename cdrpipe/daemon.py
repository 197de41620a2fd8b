"""The daemon: the settings' topics through the path into the lake, until it is asked to stop."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cdrpipe.config import Config, SourceSettings
from cdrpipe.intake.importer import known_zone, open_path
from cdrpipe.intake.path import RatingPath
from cdrpipe.kafka.checkpoint import Partition, app_id
from cdrpipe.kafka.connection import BrokerSettings, connect
from cdrpipe.kafka.ingest import Ingest, Limits, Stop
from cdrpipe.kafka.progress import DaemonProgress, DaemonResult
from cdrpipe.lake.publish import Move
from cdrpipe.mediation.formats import FORMATS
from cdrpipe.mediation.payload import Payload, SourceOptions

_NOTHING_DONE = DaemonResult(
    read=0, committed_rows=0, commits=0, outcomes={}, dropped=0, skipped_offsets=0, fenced=0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSettings:
    """What one daemon reads, as what, under which name, and where it stores it."""

    config: Config
    broker: BrokerSettings
    job: str
    format: str
    options: SourceOptions
    limits: Limits


def daemon_settings(config: Config, *, stop_when_idle_ms: int | None = None) -> DaemonSettings:
    """Take the daemon's settings from the tree of settings.

    Parameters
    ----------
    stop_when_idle_ms
        End when all is read and nothing came for so long; None: run until asked to stop.
    """
    kafka = config.kafka
    source = config.sources.get(kafka.source, SourceSettings())
    return DaemonSettings(
        config=config,
        broker=BrokerSettings(
            bootstrap=kafka.bootstrap,
            group=kafka.group,
            topics=kafka.topics,
            properties=kafka.properties,
        ),
        job=kafka.job,
        format=kafka.format,
        options=SourceOptions(
            source=kafka.source or kafka.format,
            tz=known_zone(source.tz),
            trunk_area=source.trunk_area,
        ),
        limits=Limits(
            flush_rows=kafka.flush_rows,
            flush_ms=kafka.flush_ms,
            stop_when_idle_ms=stop_when_idle_ms,
        ),
    )


def run_daemon(
    settings: DaemonSettings,
    *,
    stop: Stop,
    on_progress: Callable[[DaemonProgress], None] = lambda progress: None,
) -> DaemonResult:
    """Read, rate and store messages until a stop is asked for; then store the rest and leave.

    Installs no signal handlers, so it runs in any thread.

    Parameters
    ----------
    stop
        Set to end: reading stops, what is in hand is stored, the group is left; while the broker
        has not answered yet, the daemon ends at once.
    on_progress
        Called about five times a second and after each commit, in the daemon's thread.

    Raises
    ------
    ConfigError
        The settings are wrong, or the register is empty.
    Unavailable
        Broker, disk or register stayed away. All that was committed is whole; the rest is read
        again by the next start.
    Refused
        The broker no longer has the offsets the lake ends at, or refuses us.
    """
    path = _MessagePath(open_path(settings.config), settings)
    client = connect(settings.broker, is_stopped=stop.is_set)
    if client is None:
        return _NOTHING_DONE
    ingest = Ingest(
        client,
        path,
        job=settings.job,
        limits=settings.limits,
        now_s=time.monotonic,
        on_progress=on_progress,
    )
    return ingest.run(settings.broker.topics, stop)


class _MessagePath:
    """The path to the lake for messages of one format and source."""

    def __init__(self, path: RatingPath, settings: DaemonSettings) -> None:
        self._path = path
        self._job = settings.job
        self._decode = FORMATS[settings.format].decode
        self._options = settings.options

    def positions(self, partitions: Sequence[Partition]) -> Mapping[Partition, int | None]:
        publisher = self._path.publisher
        return {each: publisher.position(app_id(self._job, each)) for each in partitions}

    def land(self, payloads: Sequence[Payload], moves: Sequence[Move]) -> Mapping[str, int]:
        return self._path.store(
            self._decode(payloads, self._options),
            moves=moves,
            trunk_area=self._options.trunk_area,
            summary={"job": self._job, "messages": str(len(payloads))},
        )
