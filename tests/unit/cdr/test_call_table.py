"""Tables of any origin, brought to the columns that rating reads."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from references import regions

from cdrpipe.cdr.call_table import QUANTITY_MAX, read_calls
from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.errors import InputError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def read(**columns):
    table = pa.table(columns)
    return read_calls(table, regions=regions, trunk_area="")


def one(**columns):
    return read(**{name: [value] for name, value in columns.items()}).to_dicts()[0]


def no_number_data():
    raise AssertionError("the number data is not needed")


def test_a_start_is_the_answer_of_a_call_that_nobody_else_measures():
    call = one(start_at=NOON, billable_ms=1_500)
    assert (call["answered_at"], call["billable_ms"]) == (NOON, 1_500)
    assert (call["billable_from"], call["bridged_stated"]) == ("answered", False)
    assert (call["calling_number"], call["calling_region_id"]) == (None, 0)
    assert NUMBER_KINDS[call["calling_kind"]] == "unknown"
    assert call["is_continuation"] is False


def test_instants_of_any_zone_and_unit_are_the_same_instant():
    shanghai = timezone(timedelta(hours=8))
    for unit in ("s", "ms", "us", "ns"):
        stamps = pa.array([NOON.astimezone(shanghai)], pa.timestamp(unit, "Asia/Shanghai"))
        assert read(start_at=stamps)["answered_at"].to_list() == [NOON]


def test_what_is_finer_than_a_microsecond_is_cut_off():
    nanos = int(NOON.timestamp()) * 10**9 + 999
    stamps = pa.array([nanos], pa.int64()).cast(pa.timestamp("ns", "UTC"))
    assert read(start_at=stamps)["answered_at"].to_list() == [NOON]


@pytest.mark.parametrize(
    ("quantity", "thousandths"),
    [
        (7, 7_000),
        (Decimal("0.001"), 1),
        (Decimal("1.5000000"), 1_500),
        (QUANTITY_MAX, QUANTITY_MAX * 1_000),
        (None, None),
    ],
)
def test_quantities_are_kept_in_thousandths(quantity, thousandths):
    numbers = pa.array([1, quantity], pa.decimal128(38, 7))
    assert read(quantity=numbers)["quantity_thousandths"].to_list() == [1_000, thousandths]


def test_a_quantity_has_no_length_of_time():
    calls = read(quantity=pa.array([5, None], pa.int64()), billable_ms=[9, 9])
    assert calls["billable_ms"].to_list() == [0, 9]


def test_numbers_are_found_however_they_are_written():
    texts = read(
        start_at=[NOON] * 2,
        calling_number=["138-0013-8000", "anonymous"],
        answering_number=["02161234567", None],
    )
    digits = read(
        start_at=[NOON] * 2,
        calling_number=pa.array([8613800138000, None], pa.int64()),
        answering_number=pa.array([862161234567, None], pa.int64()),
    )
    for calls in (texts, digits):
        assert calls["calling_number"].to_list() == [8613800138000, None]
        assert calls["calling_region_id"].to_list() == [110010, 0]
        assert calls["answering_region_id"].to_list() == [310021, 0]
        kinds = [NUMBER_KINDS[kind] for kind in calls["calling_kind"]]
        assert kinds == ["mobile", "unknown"]


def test_kinds_and_regions_that_are_stated_are_taken_as_they_stand():
    table = pa.table(
        {
            "start_at": [NOON],
            "calling_number": pa.array([8613800138000], pa.int64()),
            "calling_kind": ["landline"],
            "calling_region_id": [440755],
            "relation": ["international"],
        }
    )
    call = read_calls(table, regions=no_number_data, trunk_area="").to_dicts()[0]
    assert NUMBER_KINDS[call["calling_kind"]] == "landline"
    assert call["calling_region_id"] == 440755
    assert RELATIONS[call["stated_relation"]] == "international"


def test_dialled_numbers_have_the_registers_form():
    calls = read(start_at=[NOON] * 3, service_number=["400-800-1234", "voicemail", None])
    assert calls["service_number"].to_list() == ["4008001234", "voicemail", None]


def test_dictionaries_views_and_chunks_are_read_as_their_values():
    frame = pl.DataFrame({"start_at": [NOON, NOON], "destination": ["a", "b"]})
    calls = read_calls(pa.table(frame), regions=no_number_data, trunk_area="")
    assert calls["destination"].to_list() == ["a", "b"]
    halves = pa.table({"start_at": [NOON], "destination": pa.array(["a"]).dictionary_encode()})
    both = pa.concat_tables([halves, halves])
    calls = read_calls(both, regions=no_number_data, trunk_area="")
    assert calls["destination"].to_list() == ["a", "a"]


def test_an_empty_table_is_a_table():
    assert read(start_at=pa.array([], pa.timestamp("us", "UTC"))).height == 0


@pytest.mark.parametrize(
    ("columns", "where", "said"),
    [
        ({"billable_ms": [1]}, "", "says when or how much"),
        ({"start_at": [NOON.replace(tzinfo=None)]}, "start_at", "with a time zone"),
        ({"start_at": ["2026-03-02"]}, "start_at", "with a time zone"),
        ({"start_at": [NOON.replace(year=1969)]}, "start_at", "1969-03-02 12:00:00"),
        ({"start_at": [NOON.replace(year=2200)]}, "start_at", "1970 to 2199"),
        ({"quantity": [0.5]}, "quantity", "integers or decimals"),
        ({"quantity": [Decimal("0.0001")]}, "quantity", "decimal128"),
        ({"quantity": [-1]}, "quantity", "-1.000 in row 0"),
        ({"quantity": [1, QUANTITY_MAX + 1]}, "quantity", "in row 1"),
        ({"start_at": [NOON], "billable_ms": [1.5]}, "billable_ms", "whole numbers"),
        ({"start_at": [NOON], "destination": [1.5]}, "destination", "text"),
        ({"start_at": [NOON], "is_continuation": ["no"]}, "is_continuation", "true and false"),
        ({"start_at": [NOON], "calling_number": [1.5]}, "calling_number", "E.164"),
        ({"start_at": [NOON], "relation": ["near"]}, "relation", "'near' in row 0"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_column(columns, where, said):
    with pytest.raises(InputError) as caught:
        read(**columns)
    assert caught.value.where == where
    assert said in caught.value.message
