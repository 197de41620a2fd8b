"""Every rated call of a demo, taken apart: both parties' charges add up to what is stored."""

import csv
import io
import json
import time
from fractions import Fraction
from pathlib import Path

import pytest

from cdrpipe import cli
from cdrpipe.demo.run import DemoResult, run_demo
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.lake.query import run_statement
from cdrpipe.register import load_snapshot, open_register
from cdrpipe.report.ask import open_answers
from cdrpipe.report.explain_call import explain_records
from cdrpipe.report.explain_document import call_document

CALLS = 250
COMMAND_CALLS = 3


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    return run_demo(
        calls=CALLS,
        out=tmp_path_factory.mktemp("demo") / "out",
        seed=11,
        now_us=time.time_ns() // 1000,
        on_phase=lambda phase: None,
        on_progress=lambda progress, total: None,
    )


def rated_keys(demo: DemoResult) -> list[dict[str, object]]:
    statement = "SELECT call_id, source, leg, partial_no FROM rated WHERE outcome = 'rated'"
    keys = run_statement(open_answers(demo.config), statement).read_all().to_pylist()
    assert len(keys) > CALLS / 2
    return keys


def adds_up(share: dict) -> bool:
    """Check the steps of one party's document, with nothing but its own figures."""
    parts = sum((Fraction(each["exact_micros"]) for each in share["segments"]), Fraction(0))
    if share["why"] == "no_rates":
        return share["stored_micros"] == share["explained_micros"] == 0 == parts
    assert parts == Fraction(share["segments_exact_micros"])
    for each in share["segments"]:
        assert each["increments"] * each["increment_ms"] == each["billed_ms"]
        exact = Fraction(each["billed_ms"] * each["price_micros"], each["per_ms"])
        assert Fraction(each["exact_micros"]) == exact
    owed = parts + share["connect_fee_micros"]
    if share["maximum_micros"] is not None:
        owed = min(owed, Fraction(share["maximum_micros"]))
    if share["minimum_micros"] is not None and share["segments"]:
        owed = max(owed, Fraction(share["minimum_micros"]))
    unit_micros = 10 ** (6 - share["decimals"])
    assert abs(owed - share["rounded_micros"]) < unit_micros
    assert share["rounded_micros"] % unit_micros == 0
    return share["rounded_micros"] + share["split_micros"] == share["stored_micros"]


def test_every_rated_call_is_explained_to_its_stored_charges(demo: DemoResult) -> None:
    connection = open_answers(demo.config)
    snapshot = load_snapshot(open_register(demo.config.register_file))
    calendars = load_calendars(demo.config.calendar_files)
    seen = 0
    for key in rated_keys(demo):
        call = explain_records(connection, snapshot, calendars, **key)
        (record,) = (
            each
            for each in call_document(call, tz="Asia/Shanghai")["records"]
            if each["outcome"] == "rated"
        )
        assert record["agrees"], key
        assert adds_up(record["enterprise"]), key
        assert adds_up(record["caller"]), key
        seen += 1
    assert seen == len(rated_keys(demo))


def test_the_segments_of_all_calls_add_up_in_sql(demo: DemoResult) -> None:
    statement = """
        WITH added AS (
            SELECT source, call_id, leg, partial_no, party, sum(amount) AS amount, count(*) AS parts
            FROM charge_segment GROUP BY ALL
        )
        SELECT
            count(*) AS shares,
            count(*) FILTER (
                coalesce(amount, 0) = coalesce(segments_amount, 0)
                AND coalesce(parts, 0) = segments
                AND coalesce(
                    segments_amount + connect_fee + over_maximum + under_minimum + rounded_by, 0
                ) + split_by = charge
                AND explained_charge = charge AND agrees
            ) AS adding_up,
            sum(charge) AS yuan,
            (SELECT sum(total_charge) FROM rated) AS rated_yuan
        FROM charge_share LEFT JOIN added USING (source, call_id, leg, partial_no, party)
    """
    (row,) = run_statement(open_answers(demo.config), statement).read_all().to_pylist()
    assert row["shares"] == row["adding_up"] == 2 * len(rated_keys(demo))
    assert row["yuan"] == row["rated_yuan"] > 0


def test_the_command_explains_them_in_every_form(
    demo: DemoResult, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["-c", str(Path(demo.config_file))]
    for key in rated_keys(demo)[:COMMAND_CALLS]:
        words = ["rate", "explain", str(key["call_id"]), "--leg", str(key["leg"]), *config]
        assert cli.run_line([*words, "--json"]) == 0
        record = json.loads(capsys.readouterr().out)["records"][0]
        assert adds_up(record["enterprise"])
        assert adds_up(record["caller"])
        assert cli.run_line([*words, "-o", "csv"]) == 0
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        segments = record["enterprise"]["segments"] + record["caller"]["segments"]
        assert [row["exact_micros"] for row in rows] == [each["exact_micros"] for each in segments]
        assert cli.run_line([*words, "-o", "table", "--lang", "zh"]) == 0
        assert "各段合计" in capsys.readouterr().out
