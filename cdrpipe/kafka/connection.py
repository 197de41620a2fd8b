"""The client of the broker: its options, and a first look whether the broker answers."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException

from cdrpipe.errors import ConfigError, Refused, Unavailable
from cdrpipe.kafka.client_log import ClientLog, reason_of

log = logging.getLogger("cdrpipe.kafka")

FIRST_REPLY_S_MAX = 10.0
# How long a single wait for the broker may keep a stop request waiting.
LOOK_S = 0.2
LOOK_S_MAX = 2.0

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


class _Topic(Protocol):
    """What the broker says of a topic."""

    error: KafkaError | None


def connect(
    settings: BrokerSettings,
    *,
    is_stopped: Callable[[], bool],
    now_s: Callable[[], float] = time.monotonic,
) -> Consumer | None:
    """Make a client and see that the broker answers and has the topics.

    Parameters
    ----------
    is_stopped
        Asked a few times a second; once it holds, nobody waits for the broker any more.

    Returns
    -------
    The client; None where the end was asked for before the broker answered.

    Raises
    ------
    ConfigError
        An option is unknown, or one that exactness rests on was given.
    Unavailable
        No broker answered, or a topic is not there.
    Refused
        The broker does not let us look at a topic.
    """
    client_log = ClientLog(log, now_s=now_s)
    until = now_s() + FIRST_REPLY_S_MAX
    try:
        client = Consumer(client_config(settings), logger=client_log)
    except KafkaException as e:
        raise ConfigError(
            f"the Kafka client refuses its options: {reason_of(e)}", where="kafka.properties"
        ) from e
    is_ready = False
    try:
        is_ready = _has_topics(
            client, settings, is_stopped=is_stopped, is_late=lambda: now_s() >= until
        )
    except KafkaException as e:
        raise _no_reply(settings, client_log.last_fault) from e
    finally:
        if not is_ready:
            client.close()
    return client if is_ready else None


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


def _has_topics(
    client: Consumer,
    settings: BrokerSettings,
    *,
    is_stopped: Callable[[], bool],
    is_late: Callable[[], bool],
) -> bool:
    """Ask for each topic; False where the end was asked for before the broker answered."""
    missing = []
    for topic in settings.topics:
        found = _reply(client, topic, is_stopped=is_stopped, is_late=is_late)
        if found is None:
            return False
        if found.error is not None and found.error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise Refused(
                f"the broker refuses us: {found.error.str()}",
                code="KAFKA_NOT_ALLOWED",
                where=topic,
                hint="grant the user Read on the topic and on the group; nothing was read",
            )
        if found.error is not None:
            missing.append(topic)
    if missing:
        raise Unavailable(
            f"broker {settings.bootstrap} has no topic {', '.join(missing)}",
            code="KAFKA_TOPIC_MISSING",
            where="kafka.topics",
            hint="create the topic or mend its name; nothing was read",
        )
    return True


def _reply(
    client: Consumer, topic: str, *, is_stopped: Callable[[], bool], is_late: Callable[[], bool]
) -> _Topic | None:
    """Ask for a topic again and again; a signal is heard only between two waits."""
    wait_s = LOOK_S
    while not is_stopped():
        try:
            found: _Topic = client.list_topics(topic, timeout=wait_s).topics[topic]
        except KafkaException as e:
            client.poll(0)  # lets the client's log be heard
            if is_late():
                raise
            # One that is connected and slow gets more time; else no wait would ever be enough.
            if e.args[0].code() == KafkaError._TIMED_OUT:  # noqa: SLF001 - its public name
                wait_s = min(2 * wait_s, LOOK_S_MAX)
        else:
            return found
    return None


def _no_reply(settings: BrokerSettings, fault: str | None) -> Unavailable:
    reason = f": {fault}" if fault else ""
    return Unavailable(
        f"no reply from broker {settings.bootstrap} in {FIRST_REPLY_S_MAX:.0f} s{reason}",
        code="KAFKA_UNAVAILABLE",
        where="kafka.bootstrap",
        hint="check that the broker runs and the address is right; nothing was read",
    )
