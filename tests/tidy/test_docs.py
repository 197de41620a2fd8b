"""The documents name every command, flag, setting, reason, report, view and column, as they are."""

import json
import re
from pathlib import Path

import click
import pytest

from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.cli import root
from cdrpipe.cli.frame import LazyGroup, shared_options
from cdrpipe.config import show_config
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.lake.query import Stored, open_query, run_statement
from cdrpipe.numbering.region import region_rows
from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.arrow_tables import register_tables
from cdrpipe.register.database import open_register
from cdrpipe.register.numbers import import_numbers
from cdrpipe.register.plans import import_plans
from cdrpipe.report.catalog import REPORTS
from cdrpipe.report.charge_views import PricedBy, add_charge_views
from cdrpipe.tariff.finding import SEVERITY_OF_CODE

DOCS = Path(__file__).parents[2] / "docs"


def text_of(name):
    return (DOCS / name).read_text(encoding="utf-8")


def rows_of(text, *, columns):
    """The cells of every table row that begins with code, as its first columns."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if line.startswith("| `") and len(cells) >= columns:
            yield [cell.strip("`") for cell in cells[:columns]]


def leaves(group=root, words="cdrpipe"):
    """Every command by the words that call it."""
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if isinstance(command, LazyGroup):
            yield from leaves(command, f"{words} {name}")
        else:
            yield f"{words} {name}", command


def test_the_command_table_is_the_tree_of_commands():
    documented = {
        re.sub(r"( [A-Z_]+…?)+$| \[[A-Z]+\]$", "", command): line
        for command, line in re.findall(
            r"^\| `(cdrpipe [^`]+)` \| (.+) \|$", text_of("cli.md"), re.M
        )
    }
    assert documented.keys() == dict(leaves()).keys()
    for words, command in leaves():
        shared = {name for option in shared_options(hidden=True) for name in option.opts}
        for param in command.params:
            long = [name for name in param.opts if name.startswith("--") and name not in shared]
            assert all(name in documented[words] for name in long), (words, long)


def test_the_flags_of_every_command_are_documented():
    text = text_of("cli.md")
    for option in shared_options(hidden=False):
        for name in option.opts:
            assert f"`{name}" in text, name


def test_the_report_table_is_the_catalog():
    table = text_of("cli.md").partition("## Reports")[2].partition("\n## ")[0]
    assert [name for name, _ in rows_of(table, columns=2)] == [report.name for report in REPORTS]
    for report in REPORTS:
        (line,) = [line for line in table.splitlines() if line.startswith(f"| `{report.name}`")]
        assert report.title.rstrip(".") in line
        assert all(f"`{name}`" in line for name in report.parameters)


def test_the_findings_of_the_linter_are_documented_with_their_severity():
    section = text_of("tariffs.md").partition("## Checking a plan")[2].partition("\n## ")[0]
    documented = [
        (code, severity)
        for codes, severity in re.findall(r"^\| (`.+`) \| (warning|note) \|", section, re.M)
        for code in re.findall(r"`(\w+)`", codes)
    ]
    assert documented == list(SEVERITY_OF_CODE.items())


def test_every_exit_code_is_documented():
    table = text_of("cli.md").partition("| exit code")[2]
    assert re.findall(r"^\| ([0-9, ]+) \|", table, re.M) == [
        "0", "1", "2", "3", "4", "5", "6", "70", "130, 143",
    ]  # fmt: skip


def test_the_settings_table_is_the_tree_of_settings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    shown = show_config(assignments=["sources.name.tz=UTC", "kafka.properties.x=y"])
    settings = [
        row.setting.replace("sources.name.", "sources.<name>.").removesuffix(".x") for row in shown
    ]
    assert [name for name, _ in rows_of(text_of("settings.md"), columns=2)] == settings


def test_the_reason_table_is_the_reasons_in_their_order():
    table = list(rows_of(text_of("suspense.md"), columns=3))
    assert table == [
        [reason.name, str(int(reason)), reason.sentence.rstrip(".")] for reason in SuspenseReason
    ]


@pytest.fixture
def cdrpipe_plans():
    return sorted((DOCS.parent / "cdrpipe" / "demo" / "plans").glob("*.toml"))


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("register")
    tables = register_tables(open_register(folder / "register.sqlite"))
    region = region_rows(load_region_table())
    stored = Stored(folder=folder, usage_files=[], aside_files=[])
    connection = open_query(stored, {**tables, "region": region})
    add_charge_views(connection, lambda: PricedBy((), {}))
    return connection


def test_every_view_and_table_is_documented_with_its_columns_and_types(asked):
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text_of("sql.md"), re.M | re.S))
    names = run_statement(asked, "SELECT name FROM (SHOW TABLES)").read_all()["name"].to_pylist()
    assert sections.keys() == set(names)
    for name in names:
        described = run_statement(asked, f"DESCRIBE {name}").read_all().to_pylist()
        assert list(rows_of(sections[name], columns=2)) == [
            [row["column_name"], row["column_type"]] for row in described
        ]


def test_every_example_of_sql_runs(asked):
    blocks = re.findall(r"```sql\n(.*?)```", text_of("sql.md"), re.S)
    statements = [part for block in blocks for part in block.split(";") if part.strip()]
    statements += re.findall(r'cdrpipe sql "([^"]+)"', text_of("sql.md"))
    assert len(statements) >= 4
    for statement in statements:
        run_statement(asked, statement).read_all()


def test_the_examples_of_the_register_are_imported_as_they_are_written(cdrpipe_plans, tmp_path):
    register = open_register(tmp_path / "register.sqlite")
    import_plans(register, cdrpipe_plans, now_us=0)
    files = []
    for index, block in enumerate(re.findall(r"```csv\n(.*?)```", text_of("register.md"), re.S)):
        files.append(tmp_path / f"{index}.csv")
        files[-1].write_text(block, encoding="utf-8")
    accounts, subscriptions, top_ups, ownerships, bound_numbers = files
    import_accounts(register, [accounts, subscriptions, top_ups], now_us=0)
    areas = {area.area_code: area.region_id for area in load_region_table().areas}
    import_numbers(register, [ownerships, bound_numbers], now_us=0, known_area_codes=areas)
    filled = {name for name, table in register_tables(register).items() if table.num_rows}
    assert filled == register_tables(register).keys() - {"rating_version", "rating_in_force"}


def test_an_example_of_native_json_is_a_line_each():
    (example,) = re.findall(r"```json\n(.*?)```", text_of("sources.md"), re.S)
    assert all(json.loads(line)["call_id"] for line in example.splitlines())


def test_links_between_documents_lead_somewhere():
    for path in DOCS.rglob("*.md"):
        for name in re.findall(r"docs/([\w/-]+\.md)", path.read_text(encoding="utf-8")):
            assert (DOCS / name).is_file(), f"{path.name} names docs/{name}"
