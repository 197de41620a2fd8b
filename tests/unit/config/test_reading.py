"""config/: where a setting comes from, and that every fault is told with its place."""

from pathlib import Path
from typing import get_args

import pytest

from cdrpipe.config import Config, find_config_file, load_config, show_config
from cdrpipe.config.reading import MASK, line_of
from cdrpipe.config.settings import FormatName
from cdrpipe.errors import ConfigError
from cdrpipe.mediation.formats import FORMATS


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("CDRPIPE_CONFIG", "CDRPIPE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def write(text):
    path = Path("other.toml")
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(text, assignments=()):
    with pytest.raises(ConfigError) as raised:
        load_config(write(text), assignments=assignments)
    return [(fault.message, fault.where) for fault in raised.value.faults]


def test_without_a_file_the_defaults_hold():
    config = load_config()
    assert config.kafka.topics == ("cdr",)
    assert config.register_file == Path("cdrpipe-data/register.sqlite")
    assert config.lake_dir == Path("cdrpipe-data/lake")


def test_set_wins_over_the_environment_and_that_over_the_file(monkeypatch):
    path = write('[kafka]\ngroup = "file"\njob = "file"\nsource = "file"\n')
    monkeypatch.setenv("CDRPIPE_KAFKA__GROUP", "env")
    monkeypatch.setenv("CDRPIPE_KAFKA__JOB", "env")
    kafka = load_config(path, assignments=["kafka.group=set"]).kafka
    assert (kafka.group, kafka.job, kafka.source) == ("set", "env", "file")


def test_the_file_is_named_by_the_flag_else_the_environment_else_lies_here(monkeypatch):
    assert find_config_file(None) is None
    Path("cdrpipe.toml").touch()
    assert find_config_file(None) == Path("cdrpipe.toml")
    Path("env.toml").touch()
    monkeypatch.setenv("CDRPIPE_CONFIG", "env.toml")
    assert find_config_file(None) == Path("env.toml")
    assert find_config_file(Path("cdrpipe.toml")) == Path("cdrpipe.toml")


@pytest.mark.parametrize("text", ["a,b", " a , b "])
def test_lists_may_be_written_with_commas(monkeypatch, text):
    monkeypatch.setenv("CDRPIPE_KAFKA__TOPICS", text)
    assert load_config().kafka.topics == ("a", "b")
    assert load_config(assignments=[f"kafka.topics={text}"]).kafka.topics == ("a", "b")


def test_sources_may_be_told_by_the_environment(monkeypatch):
    monkeypatch.setenv("CDRPIPE_SOURCES__PABX__TZ", "UTC")
    assert load_config().sources["pabx"].tz == "UTC"


def test_every_fault_is_told_at_once_each_with_its_line():
    text = '[kafka]\nbootstap = "a:1"\nflush_rows = 0\n\n[sources.pabx]\ntz = "Asia/Shangai"\n'
    assert sorted(faults_of(text)) == [
        (
            "kafka.bootstap is no setting; did you mean kafka.bootstrap?",
            "other.toml:2",
        ),
        (
            "kafka.flush_rows: input should be greater than or equal to 1, got 0",
            "other.toml:3",
        ),
        (
            "sources.pabx.tz: expected a time zone such as Asia/Shanghai or UTC, "
            "got 'Asia/Shangai'",
            "other.toml:6",
        ),
    ]


def test_a_fault_of_the_environment_or_of_set_names_it(monkeypatch):
    monkeypatch.setenv("CDRPIPE_KAFKA__FLUSH_MS", "soon")
    faults = faults_of("", assignments=["kafak.group=a"])
    assert sorted(place for _message, place in faults) == [
        "--set kafak",
        "CDRPIPE_KAFKA__FLUSH_MS",
    ]
    assert any(
        message.startswith("kafak is no setting; did you mean kafka") for message, _ in faults
    )


def test_a_secret_is_never_shown():
    path = write('[kafka.properties]\n"sasl.password" = "hush"\n"sasl.username" = "ann"\n')
    shown = {row.setting: row.value for row in show_config(path)}
    assert shown["kafka.properties.sasl.password"] == MASK
    assert shown["kafka.properties.sasl.username"] == "ann"


def test_show_tells_the_origin_of_each_setting(monkeypatch):
    path = write('[kafka]\ngroup = "file"\n')
    monkeypatch.setenv("CDRPIPE_DATA_DIR", "/data")
    origins = {row.setting: row.origin for row in show_config(path, assignments=["kafka.job=j"])}
    assert origins["kafka.group"] == "other.toml:2"
    assert origins["data_dir"] == "CDRPIPE_DATA_DIR"
    assert origins["kafka.job"] == "--set kafka.job"
    assert origins["kafka.topics"] == "default"


@pytest.mark.parametrize(
    ("text", "message"),
    [("[kafka", "expected TOML"), ("a = ", "expected TOML"), ("\ud800", "expected TOML")],
)
def test_what_is_no_toml_is_refused(text, message):
    path = Path("broken.toml")
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    with pytest.raises(ConfigError, match=message) as raised:
        load_config(path)
    assert raised.value.where == "broken.toml"


def test_a_named_file_must_exist():
    with pytest.raises(ConfigError, match=r"found none at no\.toml"):
        load_config(Path("no.toml"))


@pytest.mark.parametrize("assignment", ["kafka.group", "=a", "kafka..group"])
def test_an_assignment_without_key_or_value_is_refused(assignment):
    with pytest.raises(ConfigError, match=r"key=value|is wrong"):
        load_config(assignments=[assignment])


def test_an_environment_variable_that_cannot_be_read_is_a_fault(monkeypatch):
    monkeypatch.setenv("CDRPIPE_SOURCES", "pabx")
    with pytest.raises(ConfigError, match="sources"):
        load_config()


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("kafka", "topics"), 3),
        (("kafka", "properties", "sasl.password"), 5),
        (("sources", "pabx", "tz"), 7),
        (("kafka", "absent"), 2),
        (("absent",), 1),
    ],
)
def test_the_line_of_a_setting_is_found(path, line):
    text = (
        "# topics = 1\n[kafka]\ntopics = []\n[kafka.properties]\n"
        '"sasl.password" = 1\n[sources]\npabx.tz = "UTC"\n'
    )
    assert line_of(text, path) == line


def test_the_tree_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        load_config().data_dir = Path("x")


def test_formats_are_those_of_mediation():
    assert set(get_args(FormatName)) == set(FORMATS)


def test_every_setting_has_a_meaning():
    assert all(row.meaning for row in show_config(assignments=["sources.pabx.tz=UTC"]))
    assert Config.model_fields.keys() >= {"data_dir", "kafka", "sources"}
