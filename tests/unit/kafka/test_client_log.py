"""The client's own lines: each fault once, and the plain reason of the last."""

import logging

from broker.doubles import Clock
from confluent_kafka import KafkaError, KafkaException

from cdrpipe.kafka.client_log import REPEAT_S, ClientLog, reason_of

PATTERN = "%s [%s] %s"
NAME = "rdkafka#consumer-1"


class World:
    def __init__(self, caplog) -> None:
        self.clock = Clock()
        self.caplog = caplog
        caplog.set_level(logging.DEBUG, logger="cdrpipe.test")
        self.log = ClientLog(logging.getLogger("cdrpipe.test"), now_s=self.clock)

    def fail(self, what: str, *, broker: str = "b1:9092", after_ms: int = 0) -> None:
        text = (
            f"[thrd:{broker}/bootstrap]: {broker}/bootstrap: {what} "
            f"(after {after_ms}ms in state CONNECT)"
        )
        self.log.log(logging.ERROR, PATTERN, "FAIL", NAME, text)

    @property
    def said(self) -> list[str]:
        return [record.getMessage() for record in self.caplog.records]


def test_a_fault_that_comes_again_and_again_is_said_once(caplog):
    world = World(caplog)
    for after_ms in range(190):
        world.fail("Connection refused", after_ms=after_ms)
    assert world.said == [
        "FAIL: b1:9092/bootstrap: Connection refused (after 0ms in state CONNECT)"
    ]


def test_it_is_said_again_after_a_minute_with_how_often_it_came(caplog):
    world = World(caplog)
    for _ in range(4):
        world.fail("Connection refused")
    world.clock.now += REPEAT_S
    world.fail("Connection refused")
    world.fail("Connection refused")
    assert len(world.said) == 2
    assert world.said[1].endswith(" (3 times more in the meantime)")


def test_faults_of_other_brokers_and_other_faults_are_news(caplog):
    world = World(caplog)
    world.fail("Connection refused", broker="b1:9092")
    world.fail("Connection refused", broker="b2:9092")
    world.fail("Connection reset", broker="b1:9092")
    assert len(world.said) == 3


def test_faults_that_differ_in_a_count_are_the_same(caplog):
    world = World(caplog)
    for count in (3, 7):
        text = f"[thrd:b1:9092/1]: b1:9092/1: Timed out {count} in-flight, 0 retry-queued requests"
        world.log.log(logging.WARNING, PATTERN, "REQTMOUT", NAME, text)
    assert len(world.said) == 1


def test_what_is_no_fault_is_handed_on_as_it_comes(caplog):
    world = World(caplog)
    for _ in range(2):
        world.log.log(logging.INFO, PATTERN, "CONNECTED", NAME, "[thrd:main]: connected")
    assert world.said == ["CONNECTED: connected"] * 2
    assert world.log.last_fault is None


def test_the_last_fault_is_told_plainly(caplog):
    world = World(caplog)
    world.fail("Connect to ipv4#10.0.0.5:9092 failed: Connection refused", broker="b1:9092")
    assert world.log.last_fault == "Connect to ipv4#10.0.0.5:9092 failed: Connection refused"


def test_faults_of_long_ago_are_forgotten(caplog):
    world = World(caplog)
    for number in range(5):
        world.fail("Connection refused", broker=f"b{number}:9092")
        world.clock.now += REPEAT_S
    assert len(world.log._said_at) == 1


def test_the_reason_of_an_exception_is_its_sentence():
    error = KafkaException(KafkaError(KafkaError._TRANSPORT, "Local: Broker transport failure"))
    assert reason_of(error) == "Local: Broker transport failure"
