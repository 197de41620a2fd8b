"""The client of the broker: its options, and a first look whether the broker answers."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaException

from cdrpipe.errors import ConfigError, Unavailable

log = logging.getLogger("cdrpipe.kafka")

FIRST_REPLY_S_MAX = 10.0

# What exactness rests on; an operator's own client options may not touch these.
_FIXED_OPTIONS: dict[str, Any] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    # An offset the broker no longer has means lost records: stop and say so, never jump.
    "auto.offset.reset": "error",
    "partition.assignment.strategy": "cooperative-sticky",
    "isolation.level": "read_committed",
    "enable.partition.eof": True,
}
# At its default of 1000 ms a full queue stops fetching for a second: 3 to 5 times less throughput.
_DEFAULT_OPTIONS: dict[str, Any] = {"fetch.queue.backoff.ms": 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """Where the messages come from.

    ``properties`` are librdkafka's own (``security.protocol``, ``sasl.username``, …).
    """

    bootstrap: str
    group: str
    topics: tuple[str, ...]
    properties: Mapping[str, str] = field(default_factory=dict)


def connect(settings: BrokerSettings) -> Consumer:
    """Make a client and see that the broker answers and has the topics.

    Raises
    ------
    ConfigError
        An option is unknown, or one that exactness rests on was given.
    Unavailable
        No broker answered, or a topic is not there.
    """
    try:
        client = Consumer(client_config(settings), logger=log)
    except KafkaException as e:
        raise ConfigError(
            f"the Kafka client refuses its options: {e}", where="kafka.properties"
        ) from e
    try:
        missing = [topic for topic in settings.topics if not _is_there(client, topic)]
    except KafkaException as e:
        client.close()
        raise Unavailable(
            f"no reply from broker {settings.bootstrap} in {FIRST_REPLY_S_MAX:.0f} s: {e}",
            code="KAFKA_UNAVAILABLE",
            where="kafka.bootstrap",
            hint="check that the broker runs and the address is right; nothing was read",
        ) from e
    if missing:
        client.close()
        raise Unavailable(
            f"broker {settings.bootstrap} has no topic {', '.join(missing)}",
            code="KAFKA_TOPIC_MISSING",
            where="kafka.topics",
            hint="create the topic or mend its name; nothing was read",
        )
    return client


def client_config(settings: BrokerSettings) -> dict[str, Any]:
    """Write the client's options: the operator's, and those that exactness rests on.

    Raises
    ------
    ConfigError
        The operator gave an option that exactness rests on, or that another setting states.
    """
    ours = {
        **_FIXED_OPTIONS,
        "bootstrap.servers": settings.bootstrap,
        "group.id": settings.group,
    }
    clashes = sorted(ours.keys() & settings.properties.keys())
    if clashes:
        raise ConfigError(
            f"the daemon sets these client options itself: {', '.join(clashes)}",
            where="kafka.properties",
            hint="remove them",
        )
    return {**_DEFAULT_OPTIONS, **settings.properties, **ours}


def _is_there(client: Consumer, topic: str) -> bool:
    found = client.list_topics(topic, timeout=FIRST_REPLY_S_MAX).topics[topic]
    return found.error is None
