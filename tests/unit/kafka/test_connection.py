"""Options of the client, and the wait for the broker's first reply."""

import itertools
import logging
from types import SimpleNamespace

import pytest
from broker.doubles import Clock
from confluent_kafka import KafkaError, KafkaException

from cdrpipe.errors import ConfigError, Refused, Unavailable
from cdrpipe.kafka import connection
from cdrpipe.kafka.connection import BrokerSettings, client_config, connect

LOOKS_MAX = 300


def settings(**properties: str) -> BrokerSettings:
    return BrokerSettings(
        bootstrap="127.0.0.1:1", group="g", topics=("calls",), properties=properties
    )


class SlowBroker:
    """Stands for the client: a reply comes only to who waits for ``reply_s``."""

    def __init__(self, monkeypatch, *, reply_s: float = 0.0, fault: int | None = None) -> None:
        self.clock, self.reply_s, self.is_closed = Clock(), reply_s, False
        self.error = None if fault is None else KafkaError(fault)
        monkeypatch.setattr(connection, "Consumer", lambda _config, logger: self)

    def list_topics(self, topic, timeout):
        self.clock.now += timeout
        if timeout < self.reply_s:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return SimpleNamespace(topics={topic: SimpleNamespace(error=self.error)})

    def poll(self, timeout):
        assert timeout == 0

    def close(self):
        self.is_closed = True

    def connect(self):
        return connect(settings(), is_stopped=lambda: False, now_s=self.clock)


def test_kafka_never_decides_where_reading_begins():
    config = client_config(settings())
    assert config["enable.auto.commit"] is False
    assert config["enable.auto.offset.store"] is False
    assert config["auto.offset.reset"] == "error"
    assert config["isolation.level"] == "read_committed"


def test_an_operators_property_is_handed_on_and_may_change_a_default():
    config = client_config(
        settings(**{"security.protocol": "SASL_SSL", "fetch.queue.backoff.ms": "50"})
    )
    assert config["security.protocol"] == "SASL_SSL"
    assert config["fetch.queue.backoff.ms"] == "50"


def test_a_property_that_exactness_rests_on_may_not_be_given():
    with pytest.raises(ConfigError, match=r"itself: auto\.offset\.reset, group\.id"):
        client_config(settings(**{"auto.offset.reset": "latest", "group.id": "other"}))


def test_an_unknown_property_is_a_fault_of_the_configuration():
    with pytest.raises(ConfigError, match="refuses its options"):
        connect(settings(**{"no.such.property": "1"}), is_stopped=lambda: False)


def test_a_broker_that_refuses_is_said_once_and_the_error_gives_the_plain_reason(caplog):
    looks = itertools.count()

    def now_s() -> float:  # time is up as soon as the fault was heard, or never came
        is_up = "refused" in caplog.text or next(looks) > LOOKS_MAX
        return connection.FIRST_REPLY_S_MAX if is_up else 0.0

    with pytest.raises(Unavailable) as away:
        connect(settings(), is_stopped=lambda: False, now_s=now_s)
    assert away.value.code == "KAFKA_UNAVAILABLE"
    assert away.value.message == (
        "no reply from broker 127.0.0.1:1 in 10 s: "
        "Connect to ipv4#127.0.0.1:1 failed: Connection refused"
    )
    assert len(caplog.records) == 1


def test_a_stop_request_ends_the_wait_for_the_broker(caplog):
    caplog.set_level(logging.ERROR, logger="cdrpipe.kafka")
    assert connect(settings(), is_stopped=lambda: "refused" in caplog.text) is None


def test_a_stop_request_that_came_before_asks_no_broker(monkeypatch):
    broker = SlowBroker(monkeypatch)
    assert connect(settings(), is_stopped=lambda: True, now_s=broker.clock) is None
    assert (broker.clock.now, broker.is_closed) == (0.0, True)


def test_a_broker_that_is_connected_and_slow_gets_the_time_it_needs(monkeypatch):
    broker = SlowBroker(monkeypatch, reply_s=1.5)
    assert broker.connect() is broker
    assert not broker.is_closed


def test_a_broker_that_says_nothing_is_waited_for_so_long_and_no_longer(monkeypatch):
    broker = SlowBroker(monkeypatch, reply_s=60.0)
    with pytest.raises(Unavailable, match=r"no reply from broker 127\.0\.0\.1:1 in 10 s$"):
        broker.connect()
    assert 10.0 <= broker.clock.now < 10.0 + connection.LOOK_S_MAX
    assert broker.is_closed


def test_a_topic_that_we_may_not_see_is_refused_and_one_that_is_not_there_is_named(monkeypatch):
    broker = SlowBroker(monkeypatch, fault=KafkaError.TOPIC_AUTHORIZATION_FAILED)
    with pytest.raises(Refused, match="the broker refuses us") as refused:
        broker.connect()
    assert refused.value.code == "KAFKA_NOT_ALLOWED"
    broker.error = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
    with pytest.raises(Unavailable, match="has no topic calls") as missing:
        broker.connect()
    assert missing.value.code == "KAFKA_TOPIC_MISSING"
    assert broker.is_closed
