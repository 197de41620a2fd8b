"""config/: where a setting comes from, and that every fault is told with its place."""

from pathlib import Path
from typing import get_args

import pytest

from cdrpipe.config import Config, find_config_file, load_config, show_config
from cdrpipe.config.claims import MASK
from cdrpipe.config.reading import line_of
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
    assert faults_of(text) == [
        (
            "kafka.bootstap is no setting; did you mean kafka.bootstrap?",
            "other.toml:2",
        ),
        (
            "kafka.flush_rows: expected at least 1, got 0",
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
    assert shown["kafka.properties.sasl.username"] == MASK


@pytest.mark.parametrize(
    ("text", "assignments", "environment"),
    [
        ("", ["kafka.properties=hunter2"], {}),
        ("", ["kafka.properties.sasl.password"], {"X": "hunter2"}),
        ("", ["kafka.properties.sasl.password:hunter2"], {}),
        ("", ["kafka=hunter2"], {}),
        ("", ["kafka={properties = 'hunter2'}"], {}),
        ("", ["kafka.password=hunter2"], {}),
        ("", ["kafka.password=hunter2", "kafka.password.x=1"], {}),
        ("", [], {"CDRPIPE_KAFKA": '{"properties": "hunter2"}'}),
        ("", [], {"CDRPIPE_KAFKA": '{"properties": {"a": "hunter2"'}),
        ("", [], {"CDRPIPE_KAFKA__PROPERTIES": "hunter2"}),
        ('[kafka]\nproperties = ["hunter2"]\n', [], {}),
        ('[kafka.properties]\n"sasl.password" = ["hunter2"]\n', [], {}),
        ('[kafka.properties]\n"sasl.password" = hunter2\n', [], {}),
        ('kafka = ["hunter2"]\n', [], {}),
    ],
)
def test_no_fault_repeats_a_secret(monkeypatch, text, assignments, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as raised:
        load_config(write(text), assignments=assignments)
    said = (raised.value, *raised.value.faults)
    told = "\n".join(f"{each.message} {each.where} {each.hint}" for each in said)
    assert "hunter2" not in told


def test_properties_are_named_as_librdkafka_names_them_wherever_they_come_from(monkeypatch):
    path = write(
        '[kafka.properties]\nsecurity.protocol = "SASL_SSL"\n"sasl.username" = "file"\n'
        "socket.keepalive.enable = true\nsession.timeout.ms = 6000\nsasl.password = 'file'\n"
    )
    monkeypatch.setenv("CDRPIPE_KAFKA__PROPERTIES__SASL__PASSWORD", "0123e4")
    monkeypatch.setenv("CDRPIPE_KAFKA__PROPERTIES__SASL__MECHANISM", "PLAIN")
    assignments = ["kafka.properties.sasl.username=12", 'kafka.properties.client.rack="a b"']
    assert load_config(path, assignments=assignments).kafka.properties == {
        "security.protocol": "SASL_SSL",
        "sasl.username": "12",
        "sasl.password": "0123e4",
        "sasl.mechanism": "PLAIN",
        "socket.keepalive.enable": "true",
        "session.timeout.ms": "6000",
        "client.rack": "a b",
    }
    origins = {row.setting: row.origin for row in show_config(path, assignments=assignments)}
    assert origins["kafka.properties.security.protocol"] == "other.toml:2"
    assert origins["kafka.properties.sasl.password"] == "CDRPIPE_KAFKA__PROPERTIES__SASL__PASSWORD"
    assert origins["kafka.properties.sasl.username"] == "--set kafka.properties.sasl.username"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kafka.flush_rows = 5000001", "expected at most 5000000, got 5000001"),
        ("kafka.flush_rows = 1.5", "expected a whole number, got 1.5"),
        ("kafka.flush_rows = 'many'", "expected a whole number, got 'many'"),
        ("kafka.topics = 5", "expected a list of words, or words with commas between, got 5"),
        ("kafka.topics = []", "expected at least one, got nothing"),
        ("kafka.group = ''", "expected a name, got nothing"),
        ("kafka.group = true", "expected text, got True"),
        ("kafka.job = 'a b'", "expected a name of letters, digits, dots, dashes and underscores"),
        ("kafka.format = 'asterisk_cvs'", "(did you mean 'asterisk_csv'?), got 'asterisk_cvs'"),
        ("kafka = 5", "expected a section of settings, got 5"),
        ("sources = 5", "expected a section of settings, got 5"),
        ("sources.a = 5", "expected a section of settings, got 5"),
        ("sources.a.trunk_area = '755'", "expected an area code with its 0, such as 0755"),
        ("data_dir = ''", "expected a path, got nothing"),
        ("data_dir = 5", "expected a path, got 5"),
        ("region_overrides = ''", "expected a path, got nothing"),
        ("suspended_max = -1", "expected at least 0, got -1"),
    ],
)
def test_a_fault_is_told_in_plain_words(line, said):
    ((message, where),) = faults_of(f"\n{line}\n")
    assert said in message
    assert where == "other.toml:2"


def test_faults_come_in_the_order_of_lines_and_then_those_from_elsewhere():
    text = "[sources.a]\ntz = 'x'\n[kafka]\nflush_ms = 0\ntopics = [true, 'b', false]\n"
    places = [place for _message, place in faults_of(text, ["data_dir="])]
    assert places == [
        "other.toml:2", "other.toml:4", "other.toml:5", "other.toml:5", "--set data_dir",
    ]  # fmt: skip


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


def test_a_setting_cannot_be_a_value_and_a_section():
    with pytest.raises(ConfigError, match="kafka was given a value of its own") as raised:
        load_config(assignments=["kafka=1", "kafka.group=a"])
    assert raised.value.where == "--set kafka.group"


@pytest.mark.parametrize("assignment", ["kafka.group", "=a", "kafka..group"])
def test_an_assignment_without_key_or_value_is_refused(assignment):
    with pytest.raises(ConfigError, match=r"key=value|is wrong"):
        load_config(assignments=[assignment])


def test_an_environment_variable_that_cannot_be_read_is_a_fault(monkeypatch):
    monkeypatch.setenv("CDRPIPE_SOURCES", "pabx")
    with pytest.raises(ConfigError, match="expected JSON in CDRPIPE_SOURCES"):
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
