"""cli/frame.py and cli/__init__.py: flags anywhere, help in both languages, instantly."""

import json
import subprocess
import sys

import click
import pytest

from cdrpipe.cli import root
from cdrpipe.cli.frame import LazyGroup
from cdrpipe.language import use_language

HEAVY = ("pyarrow", "duckdb", "polars", "sqlalchemy", "pydantic", "confluent_kafka", "rich")


def commands(group=root, words=()):
    """Every group and command with the words that call it."""
    ctx = click.Context(group, info_name="cdrpipe")
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        yield (*words, name), command
        if isinstance(command, LazyGroup):
            yield from commands(command, (*words, name))


COMMANDS = dict(commands())


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from cdrpipe.cli import run_line; run_line(['--help']);"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == "[]"
    assert "Commands:" in ended.stdout


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_in_english_and_chinese(cdrpipe, words):
    english = cdrpipe(*words, "--help")
    chinese = cdrpipe("--lang", "zh", *words, "--help")
    assert (english.code, chinese.code) == (0, 0)
    assert english.out.startswith(f"Usage: cdrpipe {' '.join(words)}")
    assert any("一" <= letter <= "鿿" for letter in chinese.out)


def test_the_list_of_a_group_says_what_the_command_says(cdrpipe):
    for words, command in COMMANDS.items():
        if len(words) == 1 and isinstance(command, LazyGroup):
            listed = root.lazy[words[0]].help
            assert listed.partition(":")[0].rstrip(".") == command.help.partition(":")[0].rstrip(
                "."
            )


def test_a_flag_may_stand_before_or_behind_the_command(cdrpipe):
    before = cdrpipe("--json", "report", "list")
    behind = cdrpipe("report", "list", "--json")
    assert before == behind
    assert json.loads(before.out)["schema_version"] == 1


def test_the_line_wins_over_the_environment_wherever_it_stands(cdrpipe, monkeypatch):
    monkeypatch.setenv("CDRPIPE_OUTPUT", "json")
    assert cdrpipe("report", "list").out.startswith("{")
    assert cdrpipe("-o", "csv", "report", "list").out.startswith("name,")
    assert cdrpipe("report", "list", "-o", "csv").out.startswith("name,")


def test_settings_before_and_behind_the_command_are_all_heard(cdrpipe):
    ended = cdrpipe("--set", "kafka.group=a", "config", "show", "--set", "kafka.job=b")
    rows = dict(line.split(",")[:2] for line in ended.out.splitlines())
    assert (rows["kafka.group"], rows["kafka.job"]) == ("a", "b")


def test_a_command_that_does_not_exist_names_the_nearest(cdrpipe):
    ended = cdrpipe("repor")
    assert ended.code == 2
    assert "Did you mean 'report'?" in ended.err


def test_chinese_is_chosen_by_flag_else_by_environment(cdrpipe, monkeypatch):
    assert "语言" in cdrpipe("--lang=zh", "--help").out
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "语言" not in cdrpipe("--lang", "en", "--help").out
    assert "用法" in cdrpipe("--help").out
    monkeypatch.setenv("CDRPIPE_LANG", "en")
    assert "Usage" in cdrpipe("--help").out
    use_language("en")


def test_keys_and_values_are_english_in_chinese_too(cdrpipe):
    english = cdrpipe("suspense", "reasons", "--json", "--lang", "en")
    chinese = cdrpipe("suspense", "reasons", "--json", "--lang", "zh")
    assert english.out != chinese.out

    def stable(ended):
        rows = json.loads(ended.out)["rows"]
        return [{**row, "meaning": ""} for row in rows]

    assert stable(english) == stable(chinese)
    use_language("en")


def test_python_m_cdrpipe_is_the_command():
    ended = subprocess.run(
        [sys.executable, "-m", "cdrpipe", "config", "nothing"], capture_output=True, check=False
    )
    assert ended.returncode == 2


def test_a_reader_that_leaves_early_is_no_error(register_folder):
    statement = "SELECT * FROM range(1000000)"
    ended = subprocess.run(
        f"{sys.executable} -m cdrpipe sql '{statement}' | head -n 2",
        shell=True, capture_output=True, text=True, check=False, cwd=register_folder,
    )  # fmt: skip
    assert ended.stdout == "range\n0\n"
    assert ended.stderr == ""
