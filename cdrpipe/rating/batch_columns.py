"""Arrow columns on their way into a kernel and back."""

from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

Code = Literal["Q", "q", "i", "H", "b", "B"]


def checked(name: str, column: pa.Array, arrow_type: pa.DataType, row_count: int) -> pa.Array:
    """Give a column back that has the type and the length that are expected.

    Raises
    ------
    ValueError
        It has not.
    """
    if column.type != arrow_type:
        raise ValueError(f"{name}: expected {arrow_type}, got {column.type}")
    if len(column) != row_count:
        raise ValueError(f"{name}: expected {row_count} rows, got {len(column)}")
    return column


def refuse_nulls(name: str, column: pa.Array, is_needed: pa.BooleanArray) -> None:
    """Refuse a column with a null where a value is needed.

    Raises
    ------
    ValueError
        It has one.
    """
    if column.null_count:
        nulls = column.is_null()
        if column is is_needed or pc.any(pc.and_(nulls, is_needed)).as_py():
            raise ValueError(f"{name}: a row to be priced is null")


def filled(
    name: str, column: pa.Array | None, arrow_type: pa.DataType, row_count: int, default: object
) -> pa.Array:
    """Give a column with ``default`` where it is null; a column that was left out is empty.

    Raises
    ------
    ValueError
        The column is of another type or length.
    """
    if column is None:
        return pa.array([], arrow_type)
    checked(name, column, arrow_type, row_count)
    return column.fill_null(pa.scalar(default, arrow_type)) if column.null_count else column


def view(buffer: pa.Buffer | None, code: Code) -> memoryview:
    """Give a buffer's numbers; a buffer that is absent has none."""
    raw = memoryview(b"" if buffer is None else buffer)
    return raw.cast("B").cast(code)


def values(column: pa.Array, code: Code) -> memoryview:
    """Give the values of a column of numbers, whatever stands where it is null."""
    return view(column.buffers()[1], code)[column.offset : column.offset + len(column)]


def bitmap(column: pa.BooleanArray) -> memoryview:
    """Give the bits of a column, which begin at its offset."""
    return view(column.buffers()[1], "B")


def texts(column: pa.StringArray) -> tuple[memoryview, memoryview]:
    """Give the offsets and the bytes of a column without nulls."""
    _, offsets, data = column.buffers()
    if offsets is None or not len(column):
        return memoryview(bytes(4)).cast("i"), view(data, "B")
    return view(offsets, "i")[column.offset : column.offset + len(column) + 1], view(data, "B")


def column_of(
    arrow_type: pa.DataType, row_count: int, validity: pa.Buffer | None, data: pa.Buffer
) -> pa.Array:
    """Give what a kernel wrote as a column, null where the bit of ``validity`` is not set."""
    return pa.Array.from_buffers(arrow_type, row_count, [validity, data])
