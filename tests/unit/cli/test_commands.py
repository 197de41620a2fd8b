"""The commands on a small register: what they print and how they end."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from cdrpipe.cli.cdr import end_line
from cdrpipe.language import use_language

CALLS = """\
call_id,calling_number,service_number,answering_number,setup_at,answered_at,bridged_at,released_at
c1,13800138000,4008001234,02161234567,2026-10-01T10:00:00+08:00,2026-10-01T10:00:00+08:00,\
2026-10-01T10:00:10+08:00,2026-10-01T10:01:05+08:00
c2,13800138000,4008001234,,2026-10-01T11:00:00+08:00,,,2026-10-01T11:00:20+08:00
c3,13800138000,4009999999,,2026-10-01T12:00:00+08:00,2026-10-01T12:00:00+08:00,,\
2026-10-01T12:00:20+08:00
"""


def rows_of(ended):
    assert ended.code == 0, ended.err
    return list(csv.DictReader(io.StringIO(ended.out)))


@pytest.fixture
def rated(registered):
    """Take three calls: one rated, one unanswered, one to a number nobody owns."""
    Path("calls.csv").write_text(CALLS, encoding="utf-8")
    ended = registered("cdr", "import", "calls.csv", "--source", "native_csv")
    assert ended.code == 0, ended.err
    return registered


def test_version_names_what_cdrpipe_rests_on(cdrpipe):
    parts = {row["part"]: row["version"] for row in rows_of(cdrpipe("version"))}
    assert {"cdrpipe", "duckdb", "deltalake", "pyarrow", "python"} <= parts.keys()
    document = json.loads(cdrpipe("version", "--json").out)
    assert {row["part"]: row["version"] for row in document["rows"]} == parts


def test_config_check_ends_with_3_and_every_fault(cdrpipe):
    Path("cdrpipe.toml").write_text("[kafka]\nflush_ms = 0\nbootstap = 1\n", encoding="utf-8")
    ended = cdrpipe("config", "check")
    assert ended.code == 3
    assert "cdrpipe.toml:2: kafka.flush_ms" in ended.err
    assert "did you mean kafka.bootstrap?" in ended.err
    assert ended.out == ""


def test_config_path_is_silent_on_stdout_without_a_file(cdrpipe):
    ended = cdrpipe("config", "path")
    assert (ended.code, ended.out) == (0, "")
    Path("cdrpipe.toml").touch()
    assert cdrpipe("config", "path").out == f"{Path('cdrpipe.toml').absolute()}\n"
    assert cdrpipe("config", "check", "-q").err == ""


def test_an_import_counts_its_rows_and_a_second_one_says_nothing_changed(registered):
    ended = registered("account", "import", "accounts.csv")
    (row,) = [row for row in rows_of(ended) if row["table"] == "account"]
    assert (row["added"], row["changed"], row["unchanged"]) == ("0", "0", "2")
    assert "nothing was changed" in ended.err


def test_master_data_with_faults_ends_with_3_and_names_the_line(cdrpipe):
    Path("accounts.csv").write_text("account_id,name\nA1,\n", encoding="utf-8")
    ended = cdrpipe("account", "import", "accounts.csv")
    assert ended.code == 3
    assert "accounts.csv:2" in ended.err


@pytest.mark.parametrize(
    ("words", "key", "values"),
    [
        (("account", "list"), "account_id", ["A1", "A2"]),
        (("account", "list", "--subscriptions"), "subscription_id", ["S1"]),
        (("number", "list"), "service_number", ["4008001234"]),
        (("number", "list", "--bound"), "bound_number", []),
        (("tariff", "list"), "plan_id", ["flat"]),
    ],
)
def test_the_register_is_listed(registered, words, key, values):
    assert [row[key] for row in rows_of(registered(*words))] == values


@pytest.mark.parametrize(
    "words", [("account", "list", "--subscriptions"), ("number", "list"), ("tariff", "list")]
)
def test_the_register_shows_instants_as_its_files_write_them(registered, words):
    (row,) = rows_of(registered(*words))
    assert row["valid_from"] == "2026-01-01T00:00:00+08:00"
    assert row["valid_until"] == ""


def test_80_columns_show_the_plans_without_cutting_anything(registered, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    ended = registered("tariff", "list", "-o", "table")
    header, _rule, row = ended.out.splitlines()
    assert header.split()[:4] == ["plan_id", "version", "name", "valid_from"]
    assert row.split() == ["flat", "1", "Flat", "2026-01-01", "active"]
    rental = registered("tariff", "list", "-o", "table", "--columns", "monthly_rental_micros")
    assert "300000000" in rental.out


def test_a_person_sees_the_files_name_format_and_counts(registered, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    folder = Path("a-folder-of-a-rather-long-name")
    folder.mkdir()
    (folder / "calls.csv").write_text(CALLS, encoding="utf-8")
    ended = registered("cdr", "import", str(folder / "calls.csv"), "-o", "table")
    header, _rule, row = ended.out.splitlines()
    assert header.split() == [
        "file", "format", "read", "rated", "unanswered", "merged", "duplicate", "suspended",
    ]  # fmt: skip
    assert row.split() == ["calls.csv", "native_csv", "3", "1", "1", "0", "0", "1"]


def test_a_period_that_ends_before_it_begins_is_a_usage_error(registered):
    ended = registered("suspense", "list", "--from", "2026-10-02", "--to", "2026-10-01")
    assert ended.code == 2
    assert "--from 2026-10-02 lies behind --to 2026-10-01" in ended.err


@pytest.mark.parametrize(("width", "has_bar"), [(200, True), (70, True), (60, False)])
def test_bars_take_the_width_that_is_left(rated, monkeypatch, width, has_bar):
    monkeypatch.setenv("COLUMNS", str(width))
    ended = rated("report", "run", "usage-by-region", "-o", "table")
    assert ("█" in ended.out) is has_bar
    assert max(map(len, ended.out.splitlines())) <= width
    assert "0.240000" in ended.out


def test_a_plan_is_shown_as_it_was_written(registered):
    assert registered("tariff", "show", "flat").out == Path("plan.toml").read_text(encoding="utf-8")
    document = json.loads(registered("tariff", "show", "flat", "--version", "1", "--json").out)
    assert (document["plan_id"], document["schema_version"]) == ("flat", 1)


@pytest.mark.parametrize("words", [("none",), ("flat", "--version", "9")])
def test_a_plan_that_is_not_stored_ends_with_3(registered, words):
    ended = registered("tariff", "show", *words)
    assert ended.code == 3
    assert "PLAN_UNKNOWN" in ended.err


def test_cdr_import_counts_outcomes_and_ends_with_one_line(registered):
    Path("calls.csv").write_text(CALLS, encoding="utf-8")
    ended = registered("cdr", "import", "calls.csv", "--source", "native_csv")
    (row,) = rows_of(ended)
    assert [row[name] for name in ("read", "rated", "unanswered", "suspended")] == list("3111")
    last = ended.err.splitlines()[-1]
    assert last.startswith(
        "read 3 · rated 1 · unanswered 1 · merged 0 · duplicate 0 · suspended 1 "
    )
    again = registered("cdr", "import", "calls.csv", "--source", "native_csv")
    assert rows_of(again)[0]["was_imported"] == "true"
    assert "calls.csv: imported before; nothing was changed" in again.err


def test_more_suspended_than_allowed_ends_with_1(registered):
    Path("calls.csv").write_text(CALLS, encoding="utf-8")
    ended = registered(
        "cdr", "import", "calls.csv", "--source", "native_csv", "--suspended-max", "0"
    )
    assert ended.code == 1


def test_sniff_names_the_format_and_why(cdrpipe):
    Path("calls.csv").write_text(CALLS, encoding="utf-8")
    (row,) = rows_of(cdrpipe("cdr", "sniff", "calls.csv"))
    assert row["format"] == "native_csv"
    assert row["evidence"]


def test_sniff_of_an_unknown_format_ends_with_3(cdrpipe):
    Path("x.bin").write_bytes(b"\x00\x01\x02" * 100)
    ended = cdrpipe("cdr", "sniff", "x.bin")
    assert ended.code == 3
    assert "FORMAT_UNKNOWN" in ended.err


def test_suspense_is_counted_and_listed(rated):
    (counted,) = rows_of(rated("suspense", "list"))
    assert (counted["suspense_reason"], counted["records"]) == ("SERVICE_NUMBER_NOT_OWNED", "1")
    assert counted["meaning"] == "No account owns the dialled number at that instant."
    (one,) = rows_of(rated("suspense", "list", "--rows"))
    assert one["call_id"] == "c3"
    assert rows_of(rated("suspense", "list", "--reason", "RATE_NOT_FOUND")) == []


def test_sql_answers_from_argument_file_and_stdin(rated, monkeypatch):
    statement = "SELECT call_id, enterprise_charge FROM rated ORDER BY call_id"
    expected = "call_id,enterprise_charge\nc1,0.240000\nc2,\n"
    assert rated("sql", statement).out == expected
    Path("q.sql").write_text(statement, encoding="utf-8")
    assert rated("sql", "-f", "q.sql").out == expected
    monkeypatch.setattr("sys.stdin", io.StringIO(statement))
    assert rated("sql").out == expected


def test_sql_shows_instants_in_the_zone_asked_for(rated):
    statement = "SELECT setup_at FROM rated WHERE call_id = 'c1'"
    assert "2026-10-01T10:00:00+08:00" in rated("sql", statement).out
    assert "2026-10-01T02:00:00+00:00" in rated("sql", statement, "--tz", "UTC").out


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        (("DROP VIEW rated",), 5, "SQL_REFUSED"),
        (("SELEC 1",), 3, "[SQL_WRONG]\n"),
        (("SELECT 'x'::INTEGER FROM range(3)",), 3, "SQL_WRONG"),
        (("-f", "none.sql"), 3, "the file cannot be read: no such file or directory  "),
        (("-f", "gbk.sql"), 3, "expected SQL in UTF-8, got another byte at 9"),
        (("",), 2, "expected a statement, got nothing"),
    ],
)
def test_sql_that_cannot_be_answered_says_why(registered, words, code, name):
    Path("gbk.sql").write_bytes("SELECT '中'".encode("gbk"))
    ended = registered("sql", *words)
    assert ended.code == code
    assert name in ended.err
    assert "Errno" not in ended.err


def test_nothing_on_stdin_is_a_usage_error(cdrpipe, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(" \n"))
    ended = cdrpipe("sql")
    assert ended.code == 2
    assert "expected a statement, got nothing" in ended.err


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("report", "run", "usage-by-regoin"), "did you mean usage-by-region?"),
        (("report", "run", "usage-by-region", "--param", "x=1"), "it has: account_id"),
        (("report", "run", "usage-by-region", "--columns", "x"), "no column x"),
        (("suspense", "list", "--reason", "RATE"), "cdrpipe suspense reasons"),
        (("sql", "SELECT 1", "--tz", "Asia/Shangai"), "such as Asia/Shanghai"),
        (("number", "list", "--tz", "Mars"), "expected a time zone such as"),
        (("cdr", "import", "calls.csv", "--tz", "Mars"), "expected a time zone such as"),
        (("suspense", "list", "--from", "today", "--to", "-1d"), "lies behind"),
        (("report", "run", "usage-by-region", "--from", "someday"), "expected a day"),
        (("invoice", "preview", "--month", "2026-13"), "expected a month"),
    ],
)
def test_a_word_that_there_cannot_be_is_a_usage_error_everywhere(registered, words, name):
    ended = registered(*words)
    assert ended.code == 2
    assert name in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("invoice", "preview", "--month", "2026-10", "--account", "A9"),
        ("tariff", "show", "none"),
        ("cdr", "import", "plan.toml", "--source", "nobody"),
    ],
)
def test_what_the_data_or_the_settings_do_not_know_ends_with_3(registered, words):
    assert registered(*words).code == 3


READING = (
    ("account", "list"),
    ("account", "list", "--subscriptions"),
    ("number", "list"),
    ("tariff", "list"),
    ("tariff", "show", "flat"),
    ("invoice", "preview", "--month", "2026-10"),
    ("report", "run", "reconciliation"),
    ("suspense", "list"),
    ("sql", "SELECT count(*) FROM rated"),
)


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_reading_makes_nothing_where_nothing_is(cdrpipe, words):
    ended = cdrpipe(*words, "--set", "data_dir=elsewhere")
    assert (ended.code, ended.out) == (3, "")
    assert "REGISTER_MISSING" in ended.err
    assert "elsewhere/register.sqlite" in ended.err
    assert "cdrpipe tariff import" in ended.err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_damaged_register_ends_with_6_everywhere(registered, words):
    path = Path("cdrpipe-data/register.sqlite")
    # What SQLite keeps beside the file would hide the damage.
    for beside in path.parent.glob("register.sqlite-*"):
        beside.unlink()
    path.write_bytes(path.read_bytes()[:5000])
    ended = registered(*words)
    assert (ended.code, ended.out) == (6, "")
    assert "REGISTER_DAMAGED" in ended.err
    assert str(path) in ended.err


@pytest.mark.parametrize("words", READING[5:], ids=" ".join)
@pytest.mark.parametrize("is_deleted", [True, False], ids=["deleted", "cut"])
def test_a_damaged_lake_ends_with_6_everywhere(rated, words, is_deleted):
    for path in Path("cdrpipe-data/lake/cdr").rglob("*.parquet"):
        if is_deleted:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-100])
    ended = rated(*words)
    assert (ended.code, ended.out) == (6, "")
    assert "LAKE_DAMAGED" in ended.err
    assert ".parquet" in ended.err
    assert "^" not in ended.err


def test_an_empty_data_dir_is_a_fault(cdrpipe):
    ended = cdrpipe("account", "list", "--set", "data_dir=")
    assert ended.code == 3
    assert "--set data_dir: data_dir: expected a path, got nothing" in ended.err


def test_a_password_is_in_no_message(cdrpipe, monkeypatch):
    monkeypatch.setenv("CDRPIPE_KAFKA__PROPERTIES__SASL__PASSWORD", "hunter2")
    assignment = "kafka.properties.sasl.password=hunter3"
    for words in (("check",), ("show",), ("check", "--set", "kafka.flush_ms=0")):
        ended = cdrpipe("config", *words, "--set", assignment)
        assert "hunter" not in ended.out + ended.err


def test_numbers_are_listed_with_their_area_code_and_instants_in_the_zone_asked_for(registered):
    (row,) = rows_of(registered("number", "list"))
    assert row["home_area_code"] == "010"
    assert row["valid_from"] == "2026-01-01T00:00:00+08:00"
    (row,) = rows_of(registered("number", "list", "--tz", "UTC"))
    assert row["valid_from"] == "2025-12-31T16:00:00+00:00"
    drawn = registered("number", "list", "-o", "table")
    assert "2026-01-01 " in drawn.out


def test_sql_takes_a_statement_or_a_file_not_both(cdrpipe):
    assert cdrpipe("sql", "SELECT 1", "-f", "q.sql").code == 2


def test_the_prompt_answers_until_it_is_told_to_quit(registered, monkeypatch):
    lines = iter([".tables", "SELECT 40", "+ 2 AS x;", "SELEC;", ".schema region", ".quit"])
    monkeypatch.setattr("builtins.input", lambda _prompt: next(lines))
    monkeypatch.setattr("sys.stdin", type("Terminal", (io.StringIO,), {"isatty": lambda _: True})())
    ended = registered("sql")
    assert ended.code == 0
    assert "x\n42\n" in ended.out
    assert "\nrated\n" in ended.out
    assert "province_zh" in ended.out
    assert "SQL_WRONG" in ended.err


def test_reports_are_listed_and_run(rated):
    names = [row["name"] for row in rows_of(rated("report", "list"))]
    assert "usage-by-region" in names
    (row,) = rows_of(rated("report", "run", "usage-by-region", "--month", "2026-10"))
    assert (row["calls"], row["answered"], row["enterprise_charge"]) == ("2", "1", "0.240000")
    assert rows_of(rated("report", "run", "usage-by-region", "--month", "2026-09")) == []
    assert rows_of(rated("report", "run", "usage-by-region", "--account", "A2")) == []
    assert rows_of(rated("report", "run", "reconciliation"))[0]["read"] == "3"


def test_an_invoice_preview_adds_up_in_every_form(rated):
    document = json.loads(rated("invoice", "preview", "--month", "2026-10", "--json").out)
    (invoice,) = document["invoices"]
    # 65 s from the platform's answer, which the number is billed from: 2 started minutes of 0.12.
    assert (invoice["usage_micros"], invoice["total_cents"]) == (240_000, 30_024)
    assert invoice["net_cents"] + invoice["tax_cents"] == invoice["total_cents"]
    assert invoice["allowances"] == []
    flat = rows_of(rated("invoice", "preview", "--month", "2026-10"))
    assert [row["amount_cents"] for row in flat] == ["30000", "24"]
    sheet = rated("invoice", "preview", "--month", "2026-10", "-o", "table", "--account", "A1")
    assert "¥ 300.24" in sheet.out


TOP_UPS = """\
top_up_id,account_id,kind,subscription_id,paid,granted,granted_minutes,valid_from,valid_until
T1,A1,top_up,,200,,,2026-10-01,
G1,A1,gift,,,50,,2026-10-01,2026-11-01
M1,A1,gift,S1,,,1,2026-10-01,2026-12-01
"""


def test_an_invoice_preview_says_what_was_prepaid_and_what_remains_to_be_paid(rated):
    Path("top_ups.csv").write_text(TOP_UPS, encoding="utf-8")
    assert rated("account", "import", "top_ups.csv").out.splitlines()[-1] == "top_up,3,0,0"
    document = json.loads(rated("invoice", "preview", "--month", "2026-10", "--json").out)
    (invoice,) = document["invoices"]
    # Of two minutes one was given: 300 + 0.24 - 0.12 are owed, 50 and 200 paid.
    assert (invoice["total_cents"], invoice["paid_cents"]) == (30_012, 25_000)
    assert invoice["remaining_cents"] == 5_012
    minutes, gift, top_up = invoice["prepaid"]
    assert minutes == {
        "top_up_id": "M1",
        "kind": "gift",
        "subscription_id": "S1",
        "paid_cents": None,
        "left_cents": None,
        "used_ms": 60_000,
        "left_ms": 0,
        "valid_from": "2026-10-01T00:00:00+08:00",
        "valid_until": "2026-12-01T00:00:00+08:00",
        "is_void": False,
    }
    assert (gift["paid_cents"], gift["left_cents"], gift["is_void"]) == (5_000, 0, True)
    assert (top_up["paid_cents"], top_up["valid_until"]) == (20_000, None)
    english, chinese = (
        rated("--lang", language, "invoice", "preview", "--month", "2026-10", "-o", "table").out
        for language in ("en", "zh")
    )
    assert "Gift M1: 1.0 minutes used, 0.0 left, void from 2026-12-01\n" in english
    assert "Gift G1: ¥ 50.00 paid, ¥ 0.00 left, void since 2026-11-01\n" in english
    assert "Top-up T1: ¥ 200.00 paid, ¥ 0.00 left, never void\n" in english
    assert re.search(r"Remains to be paid +¥ 50\.12\n", english)
    assert "充值 T1：支付 ¥ 200.00，剩余 ¥ 0.00，长期有效\n" in chinese
    assert re.search(r"尚需支付 +¥ 50\.12\n", chinese)
    listed = rows_of(rated("account", "list", "--top-ups"))
    assert [row["top_up_id"] for row in listed] == ["G1", "M1", "T1"]


def test_two_lists_of_accounts_at_once_are_refused(registered):
    ended = registered("account", "list", "--subscriptions", "--top-ups")
    assert ended.code == 2
    assert "--subscriptions and --top-ups exclude each other" in ended.err


def test_an_account_that_owes_nothing_has_a_header_and_a_hint(registered):
    ended = registered("invoice", "preview", "--month", "2026-10", "--account", "A2")
    assert ended.code == 0
    assert ended.out.startswith("month,account_name,account_id,kind,")
    assert "no account owes anything for 2026-10" in ended.err


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--month", "2026-13"), 2), ((), 2), (("--month", "2026-10", "--account", "A9"), 3)],
)
def test_an_invoice_that_cannot_be_shown_says_why(registered, words, code):
    assert registered("invoice", "preview", *words).code == code


def test_the_end_line_names_every_outcome_and_the_speed():
    use_language("en")
    counts = {
        "rated": 499_812,
        "unanswered": 12_300,
        "merged": 40,
        "duplicate": 7,
        "suspended": 181,
    }
    assert end_line(counts, seconds=1.3) == (
        "read 512,340 · rated 499,812 · unanswered 12,300 · merged 40 · duplicate 7"
        " · suspended 181 (cdrpipe suspense list) · 1.3 s · 394k CDR/s"
    )
    assert end_line({}, seconds=2.0).endswith("suspended 0 · 2.0 s · 0 CDR/s")


CGRATES = {
    "Rates.csv": "RT,0,0.01,60s,1s,0s\n",
    "DestinationRates.csv": "DR,*any,RT,*up,4,1,*disconnect\n",
    "RatingPlans.csv": "RP,DR,*any,10\n",
    "RatingProfiles.csv": "example.org,call,1001,2026-01-01T00:00:00Z,RP\n",
}


def cgrates_folder(**changed):
    folder = Path("tariffplan")
    folder.mkdir(exist_ok=True)
    for name, text in {**CGRATES, **changed}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return str(folder)


def test_a_cgrates_folder_is_imported_with_a_report_of_what_differs(cdrpipe):
    ended = cdrpipe("tariff", "import", cgrates_folder())
    report = {row["code"]: row for row in rows_of(ended)}
    assert "+2.00 %" in report["INCREMENT_WAS_ROUNDED"]["difference"]
    assert report["DISCONNECT_NOT_APPLIED"]["places"] == "DestinationRates.csv:1"
    assert "1 plans: 1 versions added" in ended.err
    [plan] = rows_of(cdrpipe("tariff", "list"))
    assert plan["plan_id"] == "example.org:call:1001"
    shown = cdrpipe("tariff", "show", "example.org:call:1001").out
    assert 'tz = "UTC"' in shown
    document = json.loads(cdrpipe("tariff", "import", "tariffplan", "--json").out)
    assert (document["kind"], document["unchanged"]) == ("cgrates_import", 1)
    assert document["plans"] == ["example.org:call:1001"]
    codes = {each["code"]: each["places"] for each in document["differences"]}
    assert codes.keys() == report.keys()
    assert codes["INCREMENT_WAS_ROUNDED"] == ["Rates.csv:1"]


def test_a_cgrates_folder_with_faults_is_refused_with_all_of_them(cdrpipe):
    faulty = {"Rates.csv": "RT,0,x,60s,1s,0s\n", "RatingPlans.csv": "RP,DR,NIGHT,10\n"}
    ended = cdrpipe("tariff", "import", cgrates_folder(**faulty))
    assert ended.code == 3
    assert "Rates.csv:1" in ended.err
    assert 'RatingPlans.csv:1: timing_id: there is no "NIGHT"' in ended.err
    assert "REGISTER_MISSING" in cdrpipe("tariff", "list").err


def test_a_cgrates_folder_is_imported_by_itself(cdrpipe):
    ended = cdrpipe("tariff", "import", cgrates_folder(), "plan.toml")
    assert ended.code == 2
    assert "by itself" in ended.err
