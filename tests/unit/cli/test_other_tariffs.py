"""``cdrpipe rate whatif`` and ``cdrpipe advise`` on a small register: every form, every refusal."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from cdrpipe.cli.advise import MONTHS_MAX

PLAN = """\
id = "{plan_id}"
name = "{plan_id}"
valid_from = {valid_from}

[[rate]]
party = "enterprise"
price_per_minute = "{price}"
increment = "60s"
"""
CALLS = """\
call_id,calling_number,service_number,answering_number,setup_at,answered_at,bridged_at,released_at
c1,13800138000,4008001234,02161234567,2026-10-01T10:00:00+08:00,2026-10-01T10:00:00+08:00,\
2026-10-01T10:00:10+08:00,2026-10-01T10:01:05+08:00
c2,13800138000,4008001234,02161234567,2026-09-01T10:00:00+08:00,2026-09-01T10:00:00+08:00,\
2026-09-01T10:00:10+08:00,2026-09-01T10:00:50+08:00
"""


def write_plan(file, plan_id, price, *, valid_from="2026-01-01"):
    text = PLAN.format(plan_id=plan_id, price=price, valid_from=valid_from)
    Path(file).write_text(text, encoding="utf-8")


@pytest.fixture
def rated(registered):
    """Take a call of two started minutes in October and one of one in September; sell two plans."""
    Path("calls.csv").write_text(CALLS, encoding="utf-8")
    write_plan("cheap.toml", "cheap", "0.10")
    write_plan("dear.toml", "flat", "0.24")
    assert registered("cdr", "import", "calls.csv", "--source", "native_csv").code == 0
    assert registered("tariff", "import", "cheap.toml").code == 0
    return registered


def rows_of(ended):
    assert ended.code == 0, ended.err
    return list(csv.DictReader(io.StringIO(ended.out)))


WHATIF = ("rate", "whatif", "--month", "2026-10")


def test_doubled_prices_are_told_in_every_form(rated):
    words = (*WHATIF, "--tariff", "dear.toml")
    (row,) = rows_of(rated(*words))
    # Two started minutes of 0.12, then of 0.24, beside a rental of 300.
    assert row["account_id"] == "A1"
    assert (row["usage_before_micros"], row["usage_after_micros"]) == ("240000", "480000")
    assert (row["invoice_before_cents"], row["invoice_after_cents"]) == ("30024", "48")
    assert row["invoice_difference_cents"] == "-29976"
    assert json.loads(rated(*words, "-o", "ndjson").out)["usage_difference_micros"] == 240_000
    document = json.loads(rated(*words, "--json").out)
    assert document["tariffs"] == [{"name": "dear.toml", "plan_id": "flat", "plan_versions": [1]}]
    (reason,) = document["accounts"][0]["reasons"]
    assert reason["before"] == {"plan_id": "flat", "plan_version": 1, "rate_id": "enterprise"}
    assert (reason["calls"], reason["difference_micros"]) == (1, 240_000)
    sheet = " ".join(rated(*words, "-o", "table").out.split())  # however it is folded
    assert "flat v1 [enterprise] 0.12/min -> flat v1 [enterprise] 0.24/min: +0.240000 yuan" in sheet
    assert "-299.76" in sheet


def test_the_sheet_speaks_chinese(rated):
    sheet = rated(*WHATIF, "--tariff", "dear.toml", "-o", "table", "--lang", "zh").out
    assert "1 次通话" in sheet
    assert "calls" not in sheet


@pytest.mark.parametrize("tariff", ["flat", "flat@1"])
def test_the_stored_tariff_differs_in_nothing(rated, tariff):
    (row,) = rows_of(rated(*WHATIF, "--tariff", tariff))
    assert (row["usage_difference_micros"], row["invoice_difference_cents"]) == ("0", "0")
    assert (row["calls"], row["calls_changed"], row["reasons"]) == ("1", "0", "")


def test_a_month_without_calls_says_so(rated):
    ended = rated("rate", "whatif", "--month", "2026-05", "--tariff", "dear.toml")
    assert ended.code == 0
    assert "no calls in 2026-05" in ended.err
    assert "no calls" not in rated(*WHATIF, "--tariff", "dear.toml").err


def test_an_account_that_owes_nothing_has_a_header_and_one_hint(rated):
    ended = rated(*WHATIF, "--tariff", "cheap", "--account", "A2")
    assert ended.out.startswith("account_id,account_name,calls,")
    assert ended.err.count("no calls in 2026-10") == 1


def test_a_plan_of_nobody_is_refused_unless_it_is_said_for_whom(rated):
    words = (*WHATIF, "--tariff", "cheap")
    refused = rated(*words)
    assert (refused.code, refused.out) == (5, "")
    assert "TARIFF_OF_NOBODY" in refused.err
    for said in (("--every-plan",), ("--account", "A1")):
        (row,) = rows_of(rated(*words, *said))
        assert row["usage_after_micros"] == "200000"


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        (("--tariff", "nothing"), 3, "TARIFF_UNKNOWN"),
        (("--tariff", "flat@9"), 3, "TARIFF_UNKNOWN"),
        (("--tariff", "flat", "--tariff", "dear.toml"), 3, "TARIFF_TWICE"),
        (("--tariff", "flat", "--account", "A9"), 3, "ACCOUNT_UNKNOWN"),
        (("--tariff", "calls.toml"), 3, "MASTER_DATA_WRONG"),
        (("--tariff", "flat", "--month", "2026-13"), 2, "--month"),
        ((), 2, "--tariff"),
    ],
)
def test_what_cannot_be_compared_says_why(rated, words, code, name):
    ended = rated(*WHATIF, *words)
    assert (ended.code, ended.out) == (code, "")
    assert name in ended.err


ADVISE = ("advise", "--account", "A1", "--month", "2026-10")


def test_advice_stands_by_cost_in_every_form(rated):
    rows = rows_of(rated(*ADVISE))
    # Three started minutes: 0.30, or 0.36 and two rentals of 300.
    assert [(row["plan"], row["total_cents"]) for row in rows] == [
        ("cheap", "30"), ("flat", "60036"),
    ]  # fmt: skip
    assert [row["difference_cents"] for row in rows] == ["-60006", "0"]
    assert [row["is_current"] for row in rows] == ["false", "true"]
    document = json.loads(rated(*ADVISE, "--json").out)
    assert document["months"] == ["2026-09", "2026-10"]
    assert (document["calls"], document["actual_cents"]) == (2, 60_036)
    assert [plan["total_cents"] for plan in document["plans"]] == [30, 60_036]
    sheet = rated(*ADVISE, "-o", "table").out
    assert "cheap would have cost ¥ 0.30, ¥ 600.06 less than what you paid, ¥ 600.36" in sheet
    chinese = rated(*ADVISE, "-o", "table", "--lang", "zh").out
    assert "¥ 600.06" in chinese
    assert "would have" not in chinese


def test_months_before_the_first_call_are_left_out_and_it_is_said(rated):
    ended = rated(*ADVISE)
    assert "no calls before 2026-09" in ended.err
    assert "before" not in rated(*ADVISE, "--months", "2").err
    (first, _second) = rows_of(rated(*ADVISE, "--months", "1"))
    assert first["total_cents"] == "20"


def test_without_a_month_the_last_complete_one_is_the_last(rated, monkeypatch):
    monkeypatch.setattr("cdrpipe.cli.advise.today", lambda: date(2026, 10, 31))
    words = ("advise", "--account", "A1", "--json")
    assert json.loads(rated(*words).out)["months"] == ["2026-09"]
    monkeypatch.setattr("cdrpipe.cli.advise.today", lambda: date(2026, 11, 1))
    assert json.loads(rated(*words).out)["months"] == ["2026-09", "2026-10"]


def test_plans_are_chosen_and_others_added(rated):
    write_plan("free.toml", "free", "0.00", valid_from="2027-01-01")
    rows = rows_of(rated(*ADVISE, "--plan", "flat", "--tariff", "free.toml"))
    assert [(row["plan"], row["plan_id"], row["total_cents"]) for row in rows] == [
        ("free.toml", "free", "0"), ("flat", "flat", "60036"),
    ]  # fmt: skip


def test_a_plan_that_begins_later_is_not_on_offer(rated):
    write_plan("later.toml", "later", "0.01", valid_from="2026-11-01")
    assert rated("tariff", "import", "later.toml").code == 0
    assert "later" not in {row["plan"] for row in rows_of(rated(*ADVISE))}
    assert rated(*ADVISE, "--plan", "later").code == 3
    # A version that is named is taken whatever its dates.
    assert "later@1" in {row["plan"] for row in rows_of(rated(*ADVISE, "--tariff", "later@1"))}


def test_an_account_without_calls_gets_a_header_and_a_hint(rated):
    ended = rated("advise", "--account", "A2", "--month", "2026-10")
    assert ended.code == 0
    assert ended.out.startswith("account_id,rank,plan,")
    assert "no calls of A2 until 2026-10" in ended.err


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        (("--account", "A9"), 3, "ACCOUNT_UNKNOWN"),
        (("--plan", "nothing"), 3, "PLAN_UNKNOWN"),
        (("--tariff", "nothing"), 3, "TARIFF_UNKNOWN"),
        (("--tariff", "ended"), 3, "TARIFF_NOT_IN_FORCE"),
        (("--month", "2026-1x"), 2, "--month"),
        (("--months", "0"), 2, "--months"),
        (("--months", str(MONTHS_MAX + 1)), 2, "--months"),
    ],
)
def test_what_cannot_be_advised_says_why(rated, words, code, name):
    text = PLAN.format(plan_id="ended", price="0.1", valid_from="2026-01-01")
    Path("ended.toml").write_text(
        text.replace("\n\n", "\nvalid_until = 2026-02-01\n\n", 1), encoding="utf-8"
    )
    assert rated("tariff", "import", "ended.toml").code == 0
    ended = rated(*ADVISE, *words)
    assert (ended.code, ended.out) == (code, "")
    assert name in ended.err
