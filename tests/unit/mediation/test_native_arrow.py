import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

MICROS = 1_772_328_604_500_000  # 2026-03-01T01:30:04.5Z
AT = datetime(2026, 3, 1, 1, 30, 4, 500000, tzinfo=UTC)


def stream(columns: dict[str, pa.Array]) -> bytes:
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue().to_pybytes()


def calls(count: int = 1, **given: pa.Array) -> bytes:
    columns = {
        "call_id": pa.array([f"c-{index}" for index in range(count)]),
        "service_number": pa.array(["4008001234"] * count),
    }
    return stream(columns | given)


def test_every_row_of_a_stream_is_a_record(decode_messages) -> None:
    decoded = decode_messages("native_arrow", calls(3), calls(2))
    assert [(cdr["offset"], cdr["row"], cdr["call_id"]) for cdr in decoded.cdrs] == [
        (0, 0, "c-0"),
        (0, 1, "c-1"),
        (0, 2, "c-2"),
        (1, 0, "c-0"),
        (1, 1, "c-1"),
    ]
    assert {cdr["is_final"] for cdr in decoded.cdrs} == {True}
    assert {cdr["bridged_stated"] for cdr in decoded.cdrs} == {False}


@pytest.mark.parametrize(
    "numbers",
    [
        pa.array(["13912340001"]),
        pa.array(["13912340001"], pa.large_string()),
        pa.array(["13912340001"], pa.string_view()),
        pa.array(["13912340001"]).dictionary_encode(),
        pa.array([13912340001], pa.int64()),
        pa.array([13912340001], pa.uint64()),
    ],
)
def test_numbers_may_be_any_text_or_whole_number(decode_messages, numbers) -> None:
    (cdr,) = decode_messages("native_arrow", calls(calling_number=numbers)).cdrs
    assert cdr["calling_number_raw"] == "13912340001"


@pytest.mark.parametrize(
    "stamps",
    [
        pa.array([MICROS], pa.timestamp("us", tz="UTC")),
        pa.array([MICROS * 1_000 + 999], pa.timestamp("ns", tz="Asia/Shanghai")),
        pa.array([MICROS // 1_000], pa.timestamp("ms", tz="+08:00")),
        pa.array([MICROS + 8 * 3_600_000_000], pa.timestamp("us")),
        pa.array([MICROS // 1_000], pa.int64()),
        pa.array(["2026-03-01T09:30:04.5+08:00"]),
    ],
)
def test_stamps_may_be_timestamps_of_any_unit_whole_numbers_or_text(
    decode_messages, stamps
) -> None:
    (cdr,) = decode_messages("native_arrow", calls(answered_at=stamps)).cdrs
    assert cdr["answered_at"] == AT


def test_timestamps_of_seconds_are_read(decode_messages) -> None:
    stamps = pa.array([MICROS // 1_000_000], pa.timestamp("s", tz="UTC"))
    (cdr,) = decode_messages("native_arrow", calls(answered_at=stamps)).cdrs
    assert cdr["answered_at"] == AT.replace(microsecond=0)


def test_columns_of_nulls_and_flags_are_read(decode_messages) -> None:
    message = calls(
        2,
        bridged_at=pa.nulls(2),
        is_continuation=pa.array([True, None]),
        billable_ms=pa.array([61_200, None], pa.int32()),
    )
    first, second = decode_messages("native_arrow", message).cdrs
    assert (first["is_continuation"], first["billable_ms"]) == (True, 61_200)
    assert (second["is_continuation"], second["billable_ms"]) == (False, None)
    assert (first["bridged_at"], first["bridged_stated"]) == (None, True)


def test_a_null_in_a_required_column_holds_that_row_alone(decode_messages) -> None:
    decoded = decode_messages("native_arrow", calls(2, call_id=pa.array(["c-0", None])))
    assert [cdr["call_id"] for cdr in decoded.cdrs] == ["c-0"]
    (row,) = decoded.unreadable
    assert (row["row"], row["suspense_reason"]) == (1, "RECORD_UNREADABLE")
    assert json.loads(row["raw"]) == {"call_id": None, "service_number": "4008001234"}


def test_the_raw_bytes_of_a_row_are_its_json(decode_messages) -> None:
    batch = decode_messages("native_arrow", calls(3), calls(1, billable_ms=pa.array([5]))).batch
    assert [json.loads(raw) for raw in batch.raw_of([3, 1])] == [
        {"call_id": "c-0", "service_number": "4008001234", "billable_ms": 5},
        {"call_id": "c-1", "service_number": "4008001234"},
    ]


def test_streams_of_several_schemas_keep_their_order_of_arrival(decode_messages) -> None:
    plain, more = calls(2), calls(1, billable_ms=pa.array([5]))
    decoded = decode_messages("native_arrow", plain, more, b"?", plain)
    assert [(cdr["offset"], cdr["row"]) for cdr in decoded.cdrs] == [
        (0, 0), (0, 1), (1, 0), (3, 0), (3, 1),
    ]  # fmt: skip
    assert [row["offset"] for row in decoded.unreadable] == [2]


def file_form() -> bytes:
    table = pa.table({"call_id": ["c-0"], "service_number": ["4008001234"]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def flipped(data: bytes) -> bytes:
    return data[:40] + bytes(byte ^ 0xFF for byte in data[40:80]) + data[80:]


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        (calls(4)[:-60], "expected a whole Arrow IPC stream"),
        (calls(4)[:-8], "expected an Arrow IPC stream that ends with its end mark"),
        (calls(4) + b"more", "expected an Arrow IPC stream that ends with its end mark"),
        (flipped(calls(4)), "expected a whole Arrow IPC stream"),
        (file_form(), "expected an Arrow IPC stream, came an Arrow file (ARROW1)"),
        (b"call_id", "expected an Arrow IPC stream, came bytes 63 61 6c"),
        (b"", "expected an Arrow IPC stream, came bytes none"),
        (
            stream({"call_id": pa.array(["c-0"])}),
            "expected columns call_id and service_number, came none named service_number",
        ),
        (
            calls(billable_ms=pa.array([1.5])),
            "expected column billable_ms as text or whole numbers, came double",
        ),
        (
            calls(setup_at=pa.array([[1]])),
            "expected column setup_at as text or timestamps or whole numbers, came list",
        ),
        (calls(billable_ms=pa.array([2**64 - 1], pa.uint64())), "column billable_ms: "),
        (calls(setup_at=pa.array([2**62], pa.timestamp("s"))), "column setup_at: "),
    ],
)
def test_a_stream_that_cannot_be_read_is_one_record(decode_messages, message, detail) -> None:
    decoded = decode_messages("native_arrow", message, calls(1))
    assert [cdr["offset"] for cdr in decoded.cdrs] == [1]
    (row,) = decoded.unreadable
    assert (row["row"], row["suspense_reason"]) == (0, "MESSAGE_UNREADABLE")
    assert row["suspense_detail"].startswith(detail)
    assert row["raw"] == message


def test_a_stream_without_rows_holds_no_record(decode_messages) -> None:
    empty = stream(
        {"call_id": pa.array([], pa.string()), "service_number": pa.array([], pa.string())}
    )
    decoded = decode_messages("native_arrow", empty, calls(1))
    assert [cdr["offset"] for cdr in decoded.cdrs] == [1]
