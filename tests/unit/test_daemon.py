"""The daemon's settings out of the tree of settings."""

from zoneinfo import ZoneInfo

import pytest

from cdrpipe.config import Config, KafkaSettings, SourceSettings
from cdrpipe.daemon import daemon_settings
from cdrpipe.errors import ConfigError
from cdrpipe.kafka.connection import BrokerSettings, client_config


def config(*, sources: dict[str, SourceSettings] | None = None, **kafka: object) -> Config:
    return Config(kafka=KafkaSettings(**kafka), sources=sources or {})


def test_a_source_without_a_name_bears_that_of_its_format():
    settings = daemon_settings(config(format="freeswitch_json"))
    assert settings.options.source == "freeswitch_json"
    assert settings.format == "freeswitch_json"


def test_a_named_source_brings_its_zone_and_area():
    west = SourceSettings(tz="Asia/Urumqi", trunk_area="0991")
    settings = daemon_settings(config(sources={"west": west}, source="west"))
    assert settings.options.source == "west"
    assert settings.options.tz == ZoneInfo("Asia/Urumqi")
    assert settings.options.trunk_area == "0991"


def test_a_source_that_has_no_settings_is_in_shanghais_zone():
    assert daemon_settings(config(source="pbx")).options.tz == ZoneInfo("Asia/Shanghai")


def test_limits_are_those_of_the_settings_and_the_end_that_of_the_caller():
    settings = daemon_settings(config(flush_rows=7, flush_ms=90), stop_when_idle_ms=300)
    limits = settings.limits
    assert (limits.flush_rows, limits.flush_ms, limits.stop_when_idle_ms) == (7, 90, 300)
    assert daemon_settings(config()).limits.stop_when_idle_ms is None


def test_the_brokers_settings_are_handed_on():
    kafka = {
        "bootstrap": "b1:9092,b2:9092",
        "topics": ("a", "b"),
        "group": "g",
        "properties": {"security.protocol": "SSL"},
    }
    assert daemon_settings(config(**kafka)).broker == BrokerSettings(**kafka)


def test_a_property_of_the_settings_cannot_undo_exactness():
    settings = daemon_settings(config(properties={"enable.auto.commit": "true"}))
    with pytest.raises(ConfigError, match=r"itself: enable\.auto\.commit"):
        client_config(settings.broker)
