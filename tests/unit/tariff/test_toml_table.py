import tomllib
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from cdrpipe.tariff.fault_list import FaultList
from cdrpipe.tariff.toml_lines import locate
from cdrpipe.tariff.toml_table import TomlTable, duration_ms_of


def table_of(text: str) -> TomlTable:
    faults = FaultList(file="plan.toml", lines=locate(text))
    return TomlTable(tomllib.loads(text, parse_float=Decimal), (), faults)


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        ('"0.12"', 120_000),
        ("0.12", 120_000),
        ("1.2e-1", 120_000),
        ("3000", 3_000_000_000),
        ('"0.000001"', 1),
        ('"0.10000000"', 100_000),
        ("1_000", 1_000_000_000),
        ("0", 0),
        ("1000000", 10**12),
    ],
)
def test_an_amount_is_read_exactly(written: str, micros: int) -> None:
    table = table_of(f"price = {written}")
    assert table.amount_micros("price") == micros
    assert len(table.faults) == 0


@pytest.mark.parametrize(
    "written",
    ['"0,12"', '"0.0000001"', "-1", '"-0.1"', "1000001", "true", "nan", "inf", "1e999999", '""',
     '"1e3"', "[1]", "1.0000000000000000000000000000001", "{}"],
)  # fmt: skip
def test_what_is_no_amount_within_bounds_is_a_fault(written: str) -> None:
    table = table_of(f"\nprice = {written}")
    assert table.amount_micros("price") is None
    [fault] = table.faults.in_file_order()
    assert fault.where == "plan.toml:2"
    assert fault.message.startswith("`price`: expected an amount")


@pytest.mark.parametrize(
    ("text", "duration_ms"),
    [
        ("60", 60_000),
        ("60s", 60_000),
        ("60 s", 60_000),
        ("0.5s", 500),
        ("500ms", 500),
        ("3min", 180_000),
        ("1.5h", 5_400_000),
        ("24h", 86_400_000),
        ("0", 0),
        ("25h", None),
        ("0.5ms", None),
        ("0.0001", None),
        ("60/60", None),
        ("-1s", None),
        ("a minute", None),
    ],
)
def test_a_duration_is_whole_milliseconds_up_to_a_day(text: str, duration_ms: int | None) -> None:
    assert duration_ms_of(text) == duration_ms


def test_a_duration_may_be_a_number_of_seconds() -> None:
    table = table_of('a = 60\nb = 0.5\nc = "1h"\nd = true')
    assert [table.duration_ms(key) for key in "abc"] == [60_000, 500, 3_600_000]
    assert table.duration_ms("d") is None
    [fault] = table.faults.in_file_order()
    assert "got true" in fault.message


@pytest.mark.parametrize(
    ("read", "written", "expected"),
    [
        (lambda table: table.text("key"), '" "', "a text of 1 to 200 characters"),
        (lambda table: table.text("key"), f'"{"x" * 201}"', "a text of 1 to 200 characters"),
        (lambda table: table.text("key"), "1", "a text of 1 to 200 characters"),
        (lambda table: table.choice("key", ("up", "down")), '"sideways"', "one of up, down"),
        (lambda table: table.flag("key"), '"yes"', "true or false"),
        (lambda table: table.whole("key", least=1, most=9), "0", "a whole number from 1 to 9"),
        (lambda table: table.whole("key", least=0, most=9), "true", "a whole number from 0 to 9"),
        (lambda table: table.day_or_instant("key"), '"2026-01-01"', "a date such as 2026-01-01"),
        (lambda table: table.day_or_instant("key"), "2026-01-01T00:00:00", "an offset behind"),
        (lambda table: table.table("key"), "1", "a table [key]"),
        (lambda table: table.tables("key") or None, "[1]", "tables [[key]]"),
    ],
)
def test_a_value_of_another_kind_is_a_fault_and_read_as_absent(
    read: Callable[[TomlTable], object], written: str, expected: str
) -> None:
    table = table_of(f"key = {written}")
    assert read(table) is None
    [fault] = table.faults.in_file_order()
    assert f"`key`: expected {expected}" in fault.message


def test_an_absent_key_is_no_fault() -> None:
    table = table_of("")
    assert (
        table.text("a")
        is table.choice("b", ())
        is table.flag("c")
        is table.day_or_instant("d")
        is None
    )
    assert table.table("e") is table.amount_micros("f") is table.duration_ms("g") is None
    assert table.whole("h", least=0, most=1) is None
    assert table.tables("i") == []
    assert len(table.faults) == 0


def test_right_values_are_read() -> None:
    table = table_of('a = " x "\nb = "up"\nc = true\nd = 2026-01-01\n[[e]]\nf = 1')
    assert table.text("a") == "x"
    assert table.choice("b", ("up", "down")) == "up"
    assert table.flag("c") is True
    assert table.day_or_instant("d") == date(2026, 1, 1)
    [inner] = table.tables("e")
    assert inner.whole("f", least=0, most=1) == 1
    assert "f" in inner


def test_a_word_that_is_nearly_right_is_suggested() -> None:
    table = table_of('rounding = "halfup"\nprise = 1')
    table.choice("rounding", ("half_up", "down"))
    table.amount_micros("price")
    table.refuse_unknown()
    wrong, unknown = table.faults.in_file_order()
    assert wrong.hint == 'did you mean "half_up"?'
    assert (unknown.message, unknown.hint) == ("unknown key `prise`", "did you mean `price`?")
    assert unknown.where == "plan.toml:2"


def test_a_key_unlike_any_other_is_told_what_there_is() -> None:
    table = table_of("zzz = 1")
    table.flag("b")
    table.flag("a")
    table.refuse_unknown()
    [fault] = table.faults.in_file_order()
    assert fault.hint == "one of a, b"


def test_faults_come_in_the_order_of_the_file() -> None:
    table = table_of("a = 1\nb = 1\n")
    table.flag("b")
    table.flag("a")
    table.require("c")
    places = [fault.where for fault in table.faults.in_file_order()]
    assert places == ["plan.toml:1", "plan.toml:1", "plan.toml:2"]


def test_the_hint_of_an_unknown_key_names_each_known_one_once() -> None:
    table = table_of("zzzz = 1")
    table.whole("version", least=1, most=2)
    table.peek("version")
    table.refuse_unknown()
    [fault] = table.faults.in_file_order()
    assert (fault.hint, fault.code) == ("one of version", "KEY_UNKNOWN")
