"""Options of the client."""

import pytest

from cdrpipe.errors import ConfigError
from cdrpipe.kafka.connection import BrokerSettings, client_config, connect


def settings(**properties: str) -> BrokerSettings:
    return BrokerSettings(
        bootstrap="127.0.0.1:1", group="g", topics=("calls",), properties=properties
    )


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
        connect(settings(**{"no.such.property": "1"}))
