import datetime as dt
from dataclasses import fields, replace
from typing import Any

import pyarrow as pa
import pytest

from cdrpipe._fast import charge as kernel
from cdrpipe.cdr.schema import NUMBER_KINDS
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.mediation.instants import INSTANT_US_LIMIT
from cdrpipe.rating.rate_batch import rate_batch
from cdrpipe.tariff.band_clock import SPAN_US
from cdrpipe.tariff.rate_plan import ROUNDINGS, Band, Rate, RatePlanVersion, RateStep, Zone
from cdrpipe.tariff.rate_table import build_rate_table
from cdrpipe.tariff.time_band import UNCONFIRMED

MINUTE = RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000)
ENTERPRISE = Rate(rate_id="e", party="enterprise", steps=(MINUTE,))
CALLER = Rate(rate_id="c", party="caller", calling_kind="mobile", steps=(MINUTE,))
LOCAL, MOBILE, LANDLINE, NOBODY = 1, 2, 1, 6


def version_of(*rates: Rate, split: str = "independent") -> RatePlanVersion:
    return RatePlanVersion(
        plan_id="p",
        version=1,
        name="p",
        tz="Asia/Shanghai",
        valid_from_us=0,
        valid_until_us=None,
        split=split,
        rates=rates,
    )


TABLE = build_rate_table(
    [version_of(ENTERPRISE), version_of(ENTERPRISE, CALLER), version_of(CALLER)]
)


def columns(rows: int = 1, **changed: list[Any]) -> dict[str, pa.Array]:
    types = {
        "plan_version_index": (0, pa.int32()),
        "relation": (LOCAL, pa.int8()),
        "calling_kind": (MOBILE, pa.int8()),
        "answering_kind": (LANDLINE, pa.int8()),
        "enterprise_billable_ms": (60_000, pa.int64()),
        "caller_billable_ms": (61_000, pa.int64()),
        "is_continuation": (False, pa.bool_()),
        "is_priced": (True, pa.bool_()),
    }
    return {
        name: pa.array(changed.get(name, [default] * rows), arrow_type)
        for name, (default, arrow_type) in types.items()
    }


def test_the_codes_of_the_kernel_are_those_of_the_rule() -> None:
    assert {
        reason.name: reason.value
        for reason in (
            SuspenseReason.RATE_NOT_FOUND,
            SuspenseReason.CALLER_RATE_NOT_FOUND,
            SuspenseReason.CHARGE_TOO_LARGE,
            SuspenseReason.CALENDAR_YEAR_UNCONFIRMED,
        )
    } == kernel.REASON_CODES
    assert {
        name: code for code, name in enumerate(ROUNDINGS) if name != "none"
    } == kernel.ROUNDING_CODES
    assert NUMBER_KINDS[kernel.NOBODY_CODE] == "none"
    assert kernel.UNCONFIRMED_STATE == UNCONFIRMED


def test_each_outcome_has_its_charges_rates_and_reason() -> None:
    charges = rate_batch(
        **columns(
            5,
            plan_version_index=[0, 1, 1, 2, -1],
            calling_kind=[MOBILE, MOBILE, LANDLINE, MOBILE, MOBILE],
            is_priced=[True, True, True, True, False],
        ),
        rate_table=TABLE,
    )
    assert charges.enterprise_charge_micros.to_pylist() == [120_000, 120_000, None, None, None]
    assert charges.caller_charge_micros.to_pylist() == [0, 240_000, None, None, None]
    assert charges.enterprise_rate_id.to_pylist() == ["e", "e", "e", None, None]
    assert charges.caller_rate_id.to_pylist() == [None, "c", None, "c", None]
    assert charges.zone.to_pylist() == charges.band.to_pylist() == ["", "", None, None, None]
    assert charges.reason.to_pylist() == [
        0,
        0,
        SuspenseReason.CALLER_RATE_NOT_FOUND,
        SuspenseReason.RATE_NOT_FOUND,
        0,
    ]


def test_the_columns_are_valid_arrow_of_the_stated_types() -> None:
    charges = rate_batch(**columns(20), rate_table=TABLE)
    types = {}
    for field in fields(charges):
        column = getattr(charges, field.name)
        column.validate(full=True)
        types[field.name] = str(column.type)
    assert types == {
        "enterprise_charge_micros": "int64",
        "caller_charge_micros": "int64",
        "enterprise_rate_id": "string",
        "caller_rate_id": "string",
        "zone": "string",
        "band": "string",
        "reason": "uint8",
    }


def test_rows_that_are_not_priced_may_be_null_or_nonsense() -> None:
    charges = rate_batch(
        **columns(
            2,
            plan_version_index=[None, 99],
            relation=[None, 99],
            calling_kind=[None, -1],
            answering_kind=[None, 99],
            enterprise_billable_ms=[None, -5],
            caller_billable_ms=[None, 2**60],
            is_continuation=[None, False],
            is_priced=[False, False],
        ),
        rate_table=TABLE,
    )
    assert charges.enterprise_charge_micros.to_pylist() == [None, None]
    assert charges.reason.to_pylist() == [0, 0]


OPTIONAL = {
    "enterprise_start_us": pa.int64(),
    "caller_start_us": pa.int64(),
    "calling_region_id": pa.int32(),
    "answering_region_id": pa.int32(),
    "calling_number": pa.int64(),
    "answering_number": pa.int64(),
    "service_number": pa.string(),
    "destination": pa.string(),
}


def optional(**given: list[Any]) -> dict[str, pa.Array]:
    return {name: pa.array(values, OPTIONAL[name]) for name, values in given.items()}


def test_optional_columns_that_are_null_are_as_if_left_out() -> None:
    nulls = {name: pa.nulls(3, arrow_type) for name, arrow_type in OPTIONAL.items()}
    without = rate_batch(**columns(3), rate_table=TABLE)
    assert rate_batch(**columns(3), **nulls, rate_table=TABLE) == without


@pytest.mark.parametrize("name", OPTIONAL)
def test_an_optional_column_of_another_type_or_length_is_refused(name: str) -> None:
    with_prefix = version_of(replace(ENTERPRISE, prefix="8"))
    table = build_rate_table([replace(with_prefix, prefix_of=name)] if "number" in name else [])
    batch = columns(2, is_priced=[False, False])
    with pytest.raises(ValueError, match=f"{name}: expected {OPTIONAL[name]}, got bool"):
        rate_batch(**batch, rate_table=table, **{name: pa.array([True, False])})
    with pytest.raises(ValueError, match=f"{name}: expected 2 rows, got 1"):
        rate_batch(**batch, rate_table=table, **optional(**{name: [None]}))


@pytest.mark.parametrize(
    ("prefix_of", "number"),
    [
        ("answering_number", [862161234567, 861012345678, None, 862161234567]),
        ("calling_number", [862161234567, 861012345678, None, 862161234567]),
        ("service_number", ["8621", "86", None, "8621"]),
    ],
)
def test_prefixes_match_the_number_that_the_plan_names(prefix_of: str, number: list[Any]) -> None:
    rates = (
        replace(ENTERPRISE, rate_id="any"),
        replace(ENTERPRISE, rate_id="86", prefix="86"),
        replace(ENTERPRISE, rate_id="8621", prefix="8621"),
    )
    version = replace(version_of(*rates), prefix_of=prefix_of)
    # A version without prefixes, and one that names another number, beside it.
    other = replace(
        version, prefix_of="service_number" if "service" not in prefix_of else "calling_number"
    )
    table = build_rate_table([version, version_of(ENTERPRISE), other])
    batch = columns(4, answering_kind=[LANDLINE, LANDLINE, LANDLINE, NOBODY])
    charges = rate_batch(**batch, **optional(**{prefix_of: number}), rate_table=table)
    nobody = "any" if prefix_of == "answering_number" else "8621"
    assert charges.enterprise_rate_id.to_pylist() == ["8621", "86", "any", nobody]
    charges = rate_batch(
        **batch | columns(4, plan_version_index=[1, 2, 1, 2]),
        **optional(**{prefix_of: number}),
        rate_table=table,
    )
    assert charges.enterprise_rate_id.to_pylist() == ["e", "any", "e", "any"]


def test_a_destination_that_is_given_is_taken_as_it_is() -> None:
    version = version_of(ENTERPRISE, replace(ENTERPRISE, rate_id="vm", prefix="voicemail"))
    charges = rate_batch(
        **columns(3),
        **optional(destination=["voicemail-7", "voice", None], answering_number=[862161234567] * 3),
        rate_table=build_rate_table([version]),
    )
    assert charges.enterprise_rate_id.to_pylist() == ["vm", "e", "e"]


def test_regions_and_zones_are_matched_and_the_zone_is_told() -> None:
    version = replace(
        version_of(
            replace(ENTERPRISE, rate_id="near", zone="delta"),
            replace(ENTERPRISE, rate_id="beijing", calling_area=110010),
            replace(ENTERPRISE, rate_id="guangdong", answering_province=44),
            replace(ENTERPRISE, rate_id="unknown", calling_area=0),
        ),
        zones=(Zone(name="delta", provinces=(31,), areas=(330571,)),),
    )
    charges = rate_batch(
        **columns(6, answering_kind=[LANDLINE] * 4 + [NOBODY, LANDLINE]),
        **optional(
            calling_region_id=[310021, 330571, 110010, 330574, 330574, None],
            answering_region_id=[440755] * 6,
        ),
        rate_table=build_rate_table([version]),
    )
    assert charges.enterprise_rate_id.to_pylist() == [
        "near", "near", "beijing", "guangdong", None, "unknown",
    ]  # fmt: skip
    assert charges.zone.to_pylist() == ["delta", "delta", "", "", None, ""]


NIGHT = Band(name="night", from_ms=21 * 3_600_000, until_ms=7 * 3_600_000)


def instant_us(day: dt.date, hour: int) -> int:
    china = dt.timezone(dt.timedelta(hours=8))
    moment = dt.datetime(day.year, day.month, day.day, hour, tzinfo=china)
    return int(moment.timestamp()) * 1_000_000


def test_each_party_is_priced_by_the_band_at_its_own_start_and_the_enterprises_is_told() -> None:
    version = replace(
        version_of(
            ENTERPRISE,
            replace(ENTERPRISE, rate_id="e night", band="night"),
            CALLER,
            replace(CALLER, rate_id="c night", band="night"),
        ),
        bands=(NIGHT,),
    )
    day, night = (instant_us(dt.date(2026, 1, 5), hour) for hour in (12, 22))
    charges = rate_batch(
        **columns(4),
        **optional(
            enterprise_start_us=[day, night, night, None], caller_start_us=[night, day, None, day]
        ),
        rate_table=build_rate_table([version]),
    )
    assert charges.enterprise_rate_id.to_pylist() == ["e", "e night", "e night", "e"]
    assert charges.caller_rate_id.to_pylist() == ["c night", "c", "c", "c"]
    assert charges.band.to_pylist() == ["", "night", "night", ""]


@pytest.mark.parametrize("years", [range(2026, 2027), range(1970, 2200, 23)])
def test_bands_are_found_in_batches_of_one_day_and_of_two_centuries(years: range) -> None:
    version = replace(
        version_of(ENTERPRISE, replace(ENTERPRISE, rate_id="night", band="night")), bands=(NIGHT,)
    )
    days = [dt.date(year, month, 28) for year in years for month in (1, 6, 12)]
    starts = [instant_us(day, hour) for day in days for hour in (12, 22)]
    charges = rate_batch(
        **columns(len(starts)),
        **optional(enterprise_start_us=starts),
        rate_table=build_rate_table([version]),
    )
    assert charges.enterprise_rate_id.to_pylist() == ["e", "night"] * len(days)


def test_a_call_of_many_months_is_walked_to_its_end() -> None:
    day = replace(ENTERPRISE, rate_id="day", steps=(replace(MINUTE, price_micros=1),))
    night = replace(day, rate_id="night", band="night", steps=(replace(MINUTE, price_micros=100),))
    version = replace(version_of(day, night), bands=(NIGHT,), band_option="split")
    days = 3 * SPAN_US // 86_400_000_000
    charges = rate_batch(
        **columns(1, enterprise_billable_ms=[days * 86_400_000]),
        **optional(enterprise_start_us=[instant_us(dt.date(2026, 1, 5), 12)]),
        rate_table=build_rate_table([version]),
    )
    # Fourteen hours of each day by day, ten by night, a micro and a hundred a minute.
    assert charges.enterprise_charge_micros.to_pylist() == [
        round(days * (14 * 60 + 10 * 60 * 100), -2)
    ]


def test_a_free_number_is_charged_nothing_whatever_its_plan_says() -> None:
    version = replace(
        version_of(replace(ENTERPRISE, relation="international"), CALLER),
        free_numbers=(8613800138000, 8613800138001),
    )
    charges = rate_batch(
        **columns(3),
        **optional(calling_number=[8613800138000, 8613800138001, 8613800138002]),
        rate_table=build_rate_table([version_of(ENTERPRISE), version]),
    )
    assert charges.enterprise_rate_id.to_pylist() == ["e", "e", "e"]
    charges = rate_batch(
        **columns(3, plan_version_index=[1] * 3),
        **optional(calling_number=[8613800138000, 8613800138001, 8613800138002]),
        rate_table=build_rate_table([version_of(ENTERPRISE), version]),
    )
    assert charges.enterprise_rate_id.to_pylist() == ["free", "free", None]
    assert charges.caller_rate_id.to_pylist() == ["free", "free", "c"]
    assert charges.enterprise_charge_micros.to_pylist() == [0, 0, None]
    assert charges.zone.to_pylist() == charges.band.to_pylist() == ["", "", None]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("calling_region_id", -1),
        ("calling_region_id", 1_000_000),
        ("answering_region_id", -1),
        ("answering_region_id", 1_000_000),
        ("enterprise_start_us", -1),
        ("enterprise_start_us", INSTANT_US_LIMIT),
        ("caller_start_us", -1),
        ("caller_start_us", INSTANT_US_LIMIT),
    ],
)
def test_an_optional_value_out_of_bounds_in_a_priced_row_is_refused(name: str, value: int) -> None:
    banded = replace(version_of(replace(ENTERPRISE, band="night")), bands=(NIGHT,))
    for table in (TABLE, build_rate_table([banded])):
        with pytest.raises(ValueError, match=r"1 rows to be priced have .* out of bounds"):
            rate_batch(**columns(1), **optional(**{name: [value]}), rate_table=table)


def test_a_call_with_a_clock_is_shorter_than_a_quantity_may_be() -> None:
    batch = columns(1, enterprise_billable_ms=[2**35 + 1])
    rate_batch(**batch, rate_table=TABLE)
    with pytest.raises(ValueError, match="billable time out of bounds"):
        rate_batch(**batch, **optional(enterprise_start_us=[0]), rate_table=TABLE)


@pytest.mark.parametrize("offset", [1, 3, 8, 13])
def test_slices_of_a_batch_are_priced_like_their_rows(offset: int) -> None:
    rows = 40
    whole = columns(
        rows,
        plan_version_index=[row % 3 for row in range(rows)],
        enterprise_billable_ms=[row * 7_001 for row in range(rows)],
        is_continuation=[row % 5 == 0 for row in range(rows)],
        is_priced=[row % 4 != 1 for row in range(rows)],
    )
    everything = rate_batch(**whole, rate_table=TABLE)
    part = rate_batch(
        **{name: column.slice(offset, 20) for name, column in whole.items()}, rate_table=TABLE
    )
    for field in fields(part):
        expected = getattr(everything, field.name).slice(offset, 20)
        assert getattr(part, field.name).to_pylist() == expected.to_pylist()


def test_an_empty_batch_gives_empty_columns() -> None:
    for table in (TABLE, build_rate_table([])):
        charges = rate_batch(**columns(0), rate_table=table)
        assert [len(getattr(charges, field.name)) for field in fields(charges)] == [0] * 7


def test_a_table_of_no_versions_prices_no_row() -> None:
    table = build_rate_table([])
    charges = rate_batch(**columns(1, is_priced=[False]), rate_table=table)
    assert charges.enterprise_charge_micros.to_pylist() == [None]
    with pytest.raises(ValueError, match="1 rows to be priced have a plan version"):
        rate_batch(**columns(), rate_table=table)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("plan_version_index", -1),
        ("plan_version_index", 3),
        ("relation", -1),
        ("relation", 4),
        ("calling_kind", -1),
        ("calling_kind", 7),
        ("answering_kind", -1),
        ("answering_kind", 7),
        ("enterprise_billable_ms", -1),
        ("enterprise_billable_ms", 2**50 + 1),
        ("caller_billable_ms", -1),
        ("caller_billable_ms", 2**50 + 1),
    ],
)
def test_a_value_out_of_bounds_in_a_priced_row_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=r"1 rows to be priced have .* out of bounds"):
        rate_batch(**columns(1, **{name: [value]}), rate_table=TABLE)


@pytest.mark.parametrize("name", list(columns()))
def test_a_null_in_a_priced_row_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: a row to be priced is null"):
        rate_batch(**columns(1, **{name: [None]}), rate_table=TABLE)


def test_a_column_of_another_type_or_length_is_refused() -> None:
    batch = columns(2)
    with pytest.raises(ValueError, match="relation: expected int8, got int64"):
        rate_batch(**batch | {"relation": pa.array([1, 1])}, rate_table=TABLE)
    with pytest.raises(ValueError, match="relation: expected 2 rows, got 1"):
        rate_batch(**batch | {"relation": pa.array([1], pa.int8())}, rate_table=TABLE)


def kernel_arguments(**changed: Any) -> list[Any]:
    def numbers(code: str, *values: int) -> memoryview:
        return memoryview(pa.array(values).cast(pa_type[code]).buffers()[1]).cast("B").cast(code)

    pa_type = {"q": pa.int64(), "i": pa.int32(), "b": pa.int8(), "B": pa.uint8()}
    arguments: dict[str, Any] = {
        "plan_version_index": numbers("i", 0),
        "relation": numbers("b", 0),
        "calling_kind": numbers("b", 0),
        "answering_kind": numbers("b", 0),
        "calling_region_id": numbers("i", 0),
        "answering_region_id": numbers("i", 0),
        "calling_number": numbers("q", 0),
        "node": numbers("i", -1),
        "enterprise_start_us": numbers("q", 0),
        "caller_start_us": numbers("q", 0),
        "enterprise_billable_ms": numbers("q", 0),
        "caller_billable_ms": numbers("q", 0),
        "is_continuation": numbers("B", 0),
        "is_continuation_offset": 0,
        "is_priced": numbers("B", 1),
        "is_priced_offset": 0,
        "versions": TABLE.versions,
        "leaves": TABLE.leaves,
        "blocks": TABLE.blocks,
        "cells": TABLE.cells,
        "groups": TABLE.groups,
        "members": TABLE.members,
        "price_of_rate": TABLE.price_of_rate,
        "prices": TABLE.prices,
        "steps": TABLE.steps,
        "region_slots": TABLE.region_slots,
        "region_classes": TABLE.region_classes,
        "free_numbers": TABLE.free_numbers,
        "timeline_start": numbers("i", 0),
        "change_us": memoryview(b"").cast("q"),
        "state": memoryview(b"").cast("i"),
        "enterprise_charge_micros": memoryview(bytearray(8)).cast("q"),
        "caller_charge_micros": memoryview(bytearray(8)).cast("q"),
        "enterprise_rate_index": memoryview(bytearray(4)).cast("i"),
        "caller_rate_index": memoryview(bytearray(4)).cast("i"),
        "is_charged": memoryview(bytearray(1)),
        "reason": memoryview(bytearray(1)),
    }
    return list((arguments | changed).values())


def test_the_kernel_counts_what_it_suspends() -> None:
    assert kernel.charge_batch(*kernel_arguments()) == 0
    with pytest.raises(ValueError, match="prefix, start or billable time out of bounds"):
        kernel.charge_batch(*kernel_arguments(node=memoryview(bytes(4)).cast("i")))
    two = memoryview(pa.array([2], pa.int32()).buffers()[1]).cast("B").cast("i")[:1]
    assert kernel.charge_batch(*kernel_arguments(plan_version_index=two)) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"reason": memoryview(bytearray(2))}, "columns of one batch must have one length"),
        ({"is_charged": memoryview(b"").cast("B")}, "a bitmap must hold a bit for every row"),
        ({"is_priced_offset": 9_999}, "a bitmap must hold a bit for every row"),
        ({"is_continuation_offset": -1}, "a bitmap must hold a bit for every row"),
        ({"node": memoryview(bytearray(8)).cast("i")}, "columns of one batch must have one length"),
        ({"change_us": memoryview(bytes(8)).cast("q")}, "columns of one rate table must belong"),
        ({"versions": memoryview(bytes(4)).cast("i")}, "columns of one rate table must belong"),
    ],
)
def test_the_kernel_refuses_columns_that_do_not_belong_together(
    changed: dict[str, Any], message: str
) -> None:
    arguments = kernel_arguments(**changed)
    if "is_charged" in changed:
        arguments[-2] = memoryview(bytearray())
    with pytest.raises(ValueError, match=message):
        kernel.charge_batch(*arguments)
