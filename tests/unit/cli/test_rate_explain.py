"""``cdrpipe rate explain``: what a person and a program are told about a call."""

import csv
import io
import json
from pathlib import Path

import pytest
from unit.cli.conftest import FILES

PLAN = """\
id = "flat"
name = "Flat"
valid_from = 2026-01-01

[allowance]
minutes_per_month = 3

[[rate]]
id = "minute"
party = "enterprise"
price_per_minute = "0.12"
increment = "60s"
connect_fee = "0.01"

[[rate]]
id = "local"
party = "enterprise"
relation = "local"
price_per_minute = "0.10"
increment = "60s"
"""
HEADER = (
    "call_id,leg,partial_no,is_final,is_continuation,calling_number,service_number,"
    "answering_number,setup_at,answered_at,bridged_at,released_at\n"
)


def record(call_id, *, at="10:00", minutes="02", key=",,,", answered=True, number="4008001234"):
    begun = f"2026-10-05 {at}"
    stamps = f"{begun}:00,{begun}:00,{begun}:05" if answered else f"{begun}:00,,"
    person = "02161234567" if answered else ""
    hour, minute = at.split(":")
    ended = f"2026-10-05 {hour}:{int(minute) + int(minutes) - 1:02}:01"
    return f"{call_id},{key},13800138000,{number},{person},{stamps},{ended}\n"


CALLS = [
    record("c1"),
    record("c2", at="11:00", minutes="03"),
    record("c3", at="12:00", answered=False),
    record("c4", at="13:00", number="4009999999"),
    record("c5", at="14:00", key=",1,false,"),
    record("c5", at="14:10", key=",2,true,"),
    record("c6", at="15:00", key="a,,,true"),
    record("c6", at="16:00", key="b,,,"),
    record("c1"),
]


@pytest.fixture
def explain(cdrpipe):
    """Run the command beside a register and the calls above."""
    for name, text in (FILES | {"plan.toml": PLAN, "calls.csv": HEADER + "".join(CALLS)}).items():
        Path(name).write_text(text, encoding="utf-8")
    for words in (
        ("tariff", "import", "plan.toml"),
        ("account", "import", "accounts.csv", "subscriptions.csv"),
        ("number", "import", "numbers.csv"),
        ("cdr", "import", "calls.csv"),
    ):
        assert cdrpipe(*words, "-q").code == 0, words
    return lambda *words: cdrpipe("rate", "explain", *words)


def document_of(ended):
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_a_rated_call_is_shown_with_its_rates_segments_and_steps(explain, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    ended = explain("c1", "-o", "table")
    assert ended.code == 0
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    # 61 s are two minutes at 0.12, and the fee.
    for expected in (
        "plan flat v1 Flat subscription S1",
        "number 4008001234 A1 Acme theirs since 2026-01-01",
        "caller 13800138000 mobile Beijing 010",
        "relation long distance",
        "minute any call prices the call",
        "local relation local does not match: relation local",
        "1 minute 1 0 s 10:00:00.000 120 2 × 60 s 0.12/60 s 0.240000",
        "Sum of the segments 0.240000",
        "Connect fee 0.010000",
        "rounded once, half up, to 4 decimals (rate minute) 0.250000",
        "Charge ¥ 0.250000",
        "The plan prices no caller's share: the caller owes nothing.",
        "Split: each party pays by its own rate, whatever the other pays.",
    ):
        assert expected in lines, expected


def test_the_same_is_said_in_chinese(explain, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    out = explain("c1", "-o", "table", "--lang", "zh").out
    for expected in (
        "主叫",
        "北京",
        "长途",
        "按此费率计费",
        "各段合计",
        "接通费",
        "四舍五入",
        "套餐不向主叫计费",
    ):
        assert expected in out, expected


def test_included_time_is_taken_in_the_order_of_calls_and_the_rest_is_charged(explain):
    # Three minutes are included: c1 uses two. c2 has 121 s, three minutes: one is paid for, the
    # fee and two minutes are owed: 0.01 + 0.24.
    first, second = (document_of(explain(name, "--json"))["records"][0] for name in ("c1", "c2"))
    assert first["included_time"] == {
        "month": "2026-10",
        "granted_ms": 180_000,
        "used_ms": 120_000,
        "left_ms": 60_000,
        "charge_after_micros": 0,
        "paid_by": [{"grant": "allowance", "top_up_id": None, "used_ms": 120_000}],
    }
    assert second["included_time"]["used_ms"] == 60_000
    assert second["included_time"]["left_ms"] == 0
    assert second["included_time"]["charge_after_micros"] == 250_000
    assert second["enterprise"]["stored_micros"] == 370_000
    assert "paid for 60 s of this call" in " ".join(second["sentences"])


def test_included_time_that_is_used_up_pays_for_nothing(explain):
    (last,) = document_of(explain("c6", "--leg", "b", "--json"))["records"]
    assert last["included_time"]["used_ms"] == 0
    assert "paid for nothing of this call: 0 s of 180 s were left" in " ".join(last["sentences"])


def test_json_has_english_keys_exact_amounts_and_sentences_in_the_readers_language(explain):
    document = document_of(explain("c1", "--json", "--lang", "zh"))
    assert (document["schema_version"], document["kind"]) == (1, "rate_explain")
    call = document["records"][0]
    share = call["enterprise"]
    assert [segment["exact_micros"] for segment in share["segments"]] == ["240000"]
    assert (share["connect_fee_micros"], share["exact_micros"]) == (10_000, "250000")
    assert (share["rounded_micros"], share["explained_micros"], share["stored_micros"]) == (
        250_000,
        250_000,
        250_000,
    )
    assert [(rate["rate_id"], rate["verdict"]) for rate in share["rates"]] == [
        ("minute", "won"),
        ("local", "does_not_match"),
    ]
    assert (call["caller"]["why"], call["split"], call["agrees"]) == (
        "no_rates",
        "independent",
        True,
    )
    assert "分摊" in call["sentences"][0]


def test_a_pipe_gets_a_row_a_segment(explain):
    rows = list(csv.DictReader(io.StringIO(explain("c1").out)))
    assert [(row["party"], row["segment"], row["exact_micros"], row["price"]) for row in rows] == [
        ("enterprise", "1", "240000", "0.120000")
    ]


def test_a_record_that_came_again_stands_behind_the_call(explain):
    records = document_of(explain("c1", "--json"))["records"]
    assert [each["outcome"] for each in records] == ["rated", "duplicate"]
    assert records[1]["sentences"] == [
        "The record came again with the same key and content; it counts once."
    ]


def test_an_unanswered_call_costs_nobody_anything(explain):
    ended = explain("c3", "-o", "table")
    assert ended.code == 0
    assert "The platform never answered this call: it costs nobody anything." in ended.out


def test_a_suspended_record_says_its_reason_and_what_to_do(explain, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    out = explain("c4", "-o", "table").out
    assert (
        "Held back, SERVICE_NUMBER_NOT_OWNED: No account owns the dialled number at that instant."
        in out
    )
    assert "cdrpipe suspense list --reason SERVICE_NUMBER_NOT_OWNED" in out
    chinese = document_of(explain("c4", "--json", "--lang", "zh"))["records"][0]["sentences"]
    assert chinese[0].startswith("已挂起，SERVICE_NUMBER_NOT_OWNED：")


def test_a_record_without_segments_says_so_to_a_pipe(explain):
    ended = explain("c3")
    assert ended.code == 0
    assert "no segments" in ended.err


def test_a_part_that_is_merged_names_its_call(explain):
    records = document_of(explain("c5", "--json"))["records"]
    assert [each["outcome"] for each in records] == ["rated", "merged"]
    assert records[1]["sentences"] == ["The record is part of call c5, which bears the price."]
    assert records[1]["hint"] == "cdrpipe rate explain c5"
    (part,) = document_of(explain("c5", "--part", "1", "--json"))["records"]
    assert part["partial_no"] == 1


def test_all_legs_of_a_call_id_are_explained_or_the_one_named(explain):
    legs = [each["leg"] for each in document_of(explain("c6", "--json"))["records"]]
    assert legs == ["a", "b"]
    (leg,) = document_of(explain("c6", "--leg", "b", "--json"))["records"]
    assert leg["leg"] == "b"
    # A continuation owes no fee.
    (first,) = document_of(explain("c6", "--leg", "a", "--json"))["records"]
    assert first["enterprise"]["connect_fee_micros"] == 0
    assert first["enterprise"]["sentences"] == [
        "The record is a continuation: it owes no connect fee."
    ]


def test_an_unknown_call_ends_with_3_and_says_how_to_find_it(explain):
    ended = explain("c99")
    assert ended.code == 3
    assert "expected the call id of a stored record, got 'c99'" in ended.err
    assert "cdrpipe sql" in ended.err
    narrowed = explain("c1", "--source", "elsewhere")
    assert narrowed.code == 3
    assert "got 'c1' source 'elsewhere'" in narrowed.err
    assert "leave --source, --leg and --part out" in narrowed.err


def test_instants_are_shown_in_the_zone_asked_for(explain):
    share = document_of(explain("c1", "--json", "--tz", "UTC"))["records"][0]["enterprise"]
    assert share["started_at"] == "2026-10-05T02:00:00+00:00"


def test_the_same_is_asked_for_in_sql(explain, cdrpipe):
    ended = cdrpipe("sql", "SELECT party, amount FROM charge_segment WHERE call_id = 'c1'")
    assert ended.out.splitlines()[1:] == ["enterprise,0.240000000000000"]
