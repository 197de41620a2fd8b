from dataclasses import fields
from typing import Any

import pyarrow as pa
import pytest

from cdrpipe._fast import charge as kernel
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.rating.rate_batch import rate_batch
from cdrpipe.tariff.rate_plan import ROUNDINGS, Rate, RatePlanVersion, RateStep
from cdrpipe.tariff.rate_table import build_rate_table

MINUTE = RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000)
ENTERPRISE = Rate(rate_id="e", party="enterprise", steps=(MINUTE,))
CALLER = Rate(rate_id="c", party="caller", calling_kind="mobile", steps=(MINUTE,))
LOCAL, MOBILE, LANDLINE = 1, 2, 1


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
        )
    } == kernel.REASON_CODES
    assert {
        name: code for code, name in enumerate(ROUNDINGS) if name != "none"
    } == kernel.ROUNDING_CODES


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
        "enterprise_billable_ms": numbers("q", 0),
        "caller_billable_ms": numbers("q", 0),
        "is_continuation": numbers("B", 0),
        "is_continuation_offset": 0,
        "is_priced": numbers("B", 1),
        "is_priced_offset": 0,
        "rates": TABLE.rates,
        "steps": TABLE.steps,
        "rate_index": TABLE.rate_index,
        "is_split_rest": TABLE.is_split_rest,
        "has_caller_rate": TABLE.has_caller_rate,
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
    two = memoryview(pa.array([2], pa.int32()).buffers()[1]).cast("B").cast("i")[:1]
    assert kernel.charge_batch(*kernel_arguments(plan_version_index=two)) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"reason": memoryview(bytearray(2))}, "columns of one batch must have one length"),
        ({"is_charged": memoryview(b"").cast("B")}, "a bitmap must hold a bit for every row"),
        ({"is_priced_offset": 9_999}, "a bitmap must hold a bit for every row"),
        ({"is_continuation_offset": -1}, "a bitmap must hold a bit for every row"),
        (
            {"is_split_rest": memoryview(bytes(1))},
            "columns of one rate table must belong together",
        ),
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
