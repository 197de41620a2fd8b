"""The embedded broker of the demo, and what feeds it no faster than the daemon reads.

The broker is librdkafka's own mock cluster: it lives in this process, speaks the real protocol and
keeps about 5 MB a partition, so that a feeder that runs ahead would lose what nobody has read yet.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, Message, Producer

from cdrpipe.demo.messages import arrow_messages, json_messages
from cdrpipe.demo.traffic import Traffic
from cdrpipe.errors import Unavailable

TOPIC = "cdr"
PARTITIONS = 4  # what the mock cluster makes of a topic

CHUNK_RECORDS = 20_000
RECORDS_PER_MESSAGE = 5_000
# Records fed and not yet stored; at some 100 bytes a record in the mean that is well below 5 MB.
RECORDS_AHEAD_MAX = 40_000

_CLUSTER_S_MAX = 10.0
_DELIVERY_S_MAX = 30.0
_LOOK_S = 0.05


@dataclass(slots=True)
class Broker:
    """A mock cluster with the producer that keeps it alive."""

    producer: Producer
    bootstrap: str
    faults: list[str] = field(default_factory=list)


def start_broker() -> Broker:
    """Start the mock cluster; it ends with its producer.

    Raises
    ------
    Unavailable
        It did not answer.
    """
    producer = Producer({"test.mock.num.brokers": 1, "linger.ms": 5, "log_level": 3})
    # Asking for a topic makes it, with the cluster's four partitions.
    cluster = producer.list_topics(TOPIC, timeout=_CLUSTER_S_MAX)
    brokers = cluster.brokers
    if not brokers or len(cluster.topics[TOPIC].partitions) != PARTITIONS:
        raise Unavailable("the embedded broker did not answer", code="KAFKA_UNAVAILABLE")
    return Broker(
        producer=producer,
        bootstrap=",".join(f"{broker.host}:{broker.port}" for broker in brokers.values()),
    )


class Feeder(threading.Thread):
    """Sends the traffic, keeping at most RECORDS_AHEAD_MAX records ahead of what is stored.

    Parameters
    ----------
    stored_count
        How many records the daemon has stored by now.
    """

    def __init__(
        self, broker: Broker, traffic: Traffic, *, stored_count: Callable[[], int]
    ) -> None:
        super().__init__(name="feeder", daemon=True)
        self._broker = broker
        self._traffic = traffic
        self._stored_count = stored_count
        self._is_over = threading.Event()
        self.sent_count = 0

    def stop(self) -> None:
        """Send no more."""
        self._is_over.set()

    def run(self) -> None:
        """Send every record of the traffic, in order."""
        for chunk in self._traffic.chunks(CHUNK_RECORDS):
            while self.sent_count - self._stored_count() > RECORDS_AHEAD_MAX - chunk.num_rows:
                if self._is_over.wait(_LOOK_S):
                    return
            for message in (
                *arrow_messages(chunk, rows_per_message=RECORDS_PER_MESSAGE),
                *json_messages(chunk),
            ):
                self._broker.producer.produce(
                    TOPIC, message.value, partition=message.partition, on_delivery=self._delivered
                )
                self.sent_count += message.records
            self._broker.producer.flush(_DELIVERY_S_MAX)

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._broker.faults.append(str(error))
