"""Brokers for tests: librdkafka's mock cluster always, a real Apache Kafka where it can be had."""

import os
from collections.abc import Iterator

import pytest
from broker.broker import Broker
from broker.jars import why_no_broker
from confluent_kafka import Producer

from cdrpipe.language import use_language


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Start one real broker for the whole session; tests use topics of their own."""
    reason = why_no_broker()
    if reason and "kafka" in os.environ.get("CDRPIPE_REQUIRE", "").split(","):
        pytest.fail(f"CDRPIPE_REQUIRE asks for a real broker: {reason}")
    if reason:
        pytest.skip(reason)
    broker = Broker(folder=tmp_path_factory.mktemp("kafka"))
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture(scope="module")
def mock_broker() -> Iterator[str]:
    """Give the address of a mock cluster that lives as long as the tests of a module.

    It has 4 partitions a topic, makes a topic at its first use, and keeps 5 MB of a partition.
    """
    owner = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    brokers = owner.list_topics(timeout=60).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    del owner


@pytest.fixture(autouse=True)
def speak_english() -> None:
    """Begin every test in English, whatever the one before spoke."""
    use_language("en")
