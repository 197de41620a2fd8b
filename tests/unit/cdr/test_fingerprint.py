"""Fingerprints are the published hash, fold columns apart, and see nulls."""

import mmh3
import pyarrow as pa
import pytest

from cdrpipe._fast import fingerprint
from cdrpipe.cdr.fingerprint import fingerprint_rows

UNSIGNED = 2**64 - 1


def fingerprints(table: pa.Table, columns: list[str]) -> list[tuple[int, int]]:
    prints = fingerprint_rows(table, columns)
    return list(zip(prints.low.tolist(), prints.high.tolist(), strict=True))


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1000])
def test_one_text_column_is_murmur3_of_its_bytes(length: int) -> None:
    text = "x1汉"[:3] * 400
    value = text.encode()[:length].decode("utf-8", "ignore")
    expected = tuple(half & UNSIGNED for half in mmh3.hash64(value.encode(), 0, x64arch=True))
    assert fingerprints(pa.table({"a": [value]}), ["a"]) == [expected]


def test_integers_are_hashed_by_their_eight_bytes() -> None:
    expected = tuple(
        half & UNSIGNED
        for half in mmh3.hash64((-5).to_bytes(8, "little", signed=True), 0, x64arch=True)
    )
    assert fingerprints(pa.table({"a": pa.array([-5], pa.int16())}), ["a"]) == [expected]


def test_columns_are_told_apart() -> None:
    rows = pa.table({"a": ["ab", "a"], "b": ["c", "bc"]})
    first, second = fingerprints(rows, ["a", "b"])
    assert first != second


def test_null_empty_and_the_text_beneath_a_null_are_three_things() -> None:
    beneath = pa.StringArray.from_buffers(
        2, pa.py_buffer(b"\0\0\0\0\4\0\0\0\4\0\0\0"), pa.py_buffer(b"junk"), pa.py_buffer(b"\2")
    )
    plain = pa.array([None, "", "junk"])
    null, empty, text = fingerprints(pa.table({"a": plain}), ["a"])
    assert len({null, empty, text}) == 3
    assert fingerprints(pa.table({"a": beneath}), ["a"]) == [null, empty]


def test_a_slice_counts_as_the_rows_it_shows() -> None:
    rows = pa.table({"a": ["x", "y", "z"], "n": [1, None, 3], "ok": [True, None, False]})
    columns = ["a", "n", "ok"]
    assert fingerprints(rows.slice(1), columns) == fingerprints(rows, columns)[1:]


def test_no_rows_have_no_fingerprints() -> None:
    rows = pa.table({"a": pa.array([], pa.string()), "n": pa.array([], pa.int64())})
    assert fingerprints(rows, ["a", "n"]) == []


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        fingerprint.fold_int64(
            memoryview(bytearray(8)).cast("q"),
            memoryview(bytearray(2)),
            memoryview(bytearray(8)).cast("Q"),
            memoryview(bytearray(8)).cast("Q"),
        )


def test_offsets_beyond_the_text_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        fingerprint.fold_strings(
            memoryview(b"ab"),
            memoryview(pa.array([0, 9], pa.int32()).buffers()[1]).cast("B").cast("i")[:2],
            memoryview(b"\1"),
            memoryview(bytearray(8)).cast("Q"),
            memoryview(bytearray(8)).cast("Q"),
        )
