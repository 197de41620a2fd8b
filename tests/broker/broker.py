"""Start and stop a real Apache Kafka broker (one node, KRaft) over a folder of its own."""

import base64
import secrets
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from broker.jars import java, libs_dir
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

READY_S_MAX = 180.0
STOP_S_MAX = 30.0
REQUEST_S_MAX = 60.0

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
num.partitions=4
num.network.threads=2
num.io.threads=2
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.segment.bytes=67108864
log.retention.ms=-1
log.cleaner.dedupe.buffer.size=2097152
"""

LOG4J = """\
rootLogger.level=warn
rootLogger.appenderRefs=console
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c - %m%n
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True, kw_only=True)
class Broker:
    """One broker: ``start``, ``stop``, ``kill`` and again ``start`` over the same data."""

    folder: Path
    port: int = field(default_factory=_free_port)
    controller_port: int = field(default_factory=_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Name the broker as clients do."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Format the folder where it is new, start the broker and wait until it answers."""
        settings = self.folder / "server.properties"
        if not settings.exists():
            self._format(settings)
        heap = ["-Xms256m", "-Xmx1g", "-XX:+UseG1GC", "-Djava.awt.headless=true"]
        with (self.folder / "broker.log").open("ab") as log:
            self.process = subprocess.Popen(
                [java(), *heap, *self._class_archive(), *self._classes(), "kafka.Kafka", settings],
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Ask the broker to stop, where it runs, and wait for it."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def kill(self) -> None:
        """End the broker at once, as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_S_MAX)
        self.process = None

    def create_topic(self, name: str, *, partitions: int, **config: str) -> None:
        """Create a topic and wait until it is there."""
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=config)
        admin = AdminClient({"bootstrap.servers": self.address})
        admin.create_topics([topic])[name].result(REQUEST_S_MAX)

    def _format(self, settings: Path) -> None:
        data = self.folder / "data"
        settings.write_text(
            PROPERTIES.format(port=self.port, controller_port=self.controller_port, data=data)
        )
        (self.folder / "log4j2.properties").write_text(LOG4J)
        # The first byte is 0 so that the id never begins with "-" and reads as a flag.
        cluster_id = base64.urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).decode().rstrip("=")
        tool = [
            "kafka.tools.StorageTool",
            "format",
            "--standalone",
            "-t",
            cluster_id,
            "-c",
            settings,
        ]
        subprocess.run([java(), *self._classes(), *tool], check=True, capture_output=True)

    def _classes(self) -> list[str]:
        log4j = (self.folder / "log4j2.properties").as_uri()
        return ["-cp", f"{libs_dir()}/*", f"-Dlog4j2.configurationFile={log4j}"]

    def _class_archive(self) -> list[str]:
        """Load the classes from an archive (2.5 s faster); the first run writes it as it stops."""
        archive = libs_dir().parent / "broker.jsa"
        if archive.exists():
            return [f"-XX:SharedArchiveFile={archive}", "-XX:TieredStopAtLevel=1"]
        return [f"-XX:ArchiveClassesAtExit={archive}"]

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + READY_S_MAX
        # The client's own complaints while nobody listens yet are no news.
        client = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        while True:
            try:
                client.list_topics(timeout=1)
            except KafkaException:
                log = self.folder / "broker.log"
                assert self.process.poll() is None, f"the broker ended: {log.read_text()}"
                assert time.monotonic() < deadline, f"the broker is not ready: {log.read_text()}"
            else:
                return
