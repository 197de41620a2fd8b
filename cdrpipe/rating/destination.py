"""The text that the prefixes of a call's rate plan match, and the longest prefix of it."""

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast import destination
from cdrpipe.cdr.schema import NUMBER_KINDS
from cdrpipe.rating.batch_columns import checked, texts, values, view
from cdrpipe.tariff.rate_table import RateTable

_NOBODY = NUMBER_KINDS.index("none")


def destination_texts(
    *,
    plan_version_index: pa.Int32Array,
    answering_kind: pa.Int8Array,
    calling_number: pa.Int64Array | None,
    answering_number: pa.Int64Array | None,
    service_number: pa.StringArray | None,
    rate_table: RateTable,
) -> pa.StringArray | None:
    """Give each call's destination: the number that its plan version names.

    Numbers are in E.164 digits, the service number as dialled. Where nobody was bridged there is no
    answering number, even if one was tried.

    Returns
    -------
    (n,) "" where the number is not known, never null; None if no version names a prefix.

    Raises
    ------
    ValueError
        A column is of another type or length.
    """
    columns = {
        "calling_number": (calling_number, pa.int64()),
        "answering_number": (answering_number, pa.int64()),
        "service_number": (service_number, pa.string()),
    }
    sources = sorted({source for source in rate_table.prefix_sources if source is not None})
    found = None
    for source in sources:
        column, arrow_type = columns[source]
        if column is None:
            column = pa.nulls(len(plan_version_index), arrow_type)
        column = checked(source, column, arrow_type, len(plan_version_index))
        if source == "answering_number":
            is_bridged = pc.not_equal(answering_kind, _NOBODY)
            column = pc.if_else(is_bridged, column, None)
        text = column.cast(pa.string()).fill_null("")
        found = (
            text
            if found is None
            else pc.if_else(
                pc.is_in(plan_version_index, value_set=_versions_with(source, rate_table)),
                text,
                found,
            )
        )
    return found


def longest_prefixes(
    plan_version_index: pa.Int32Array, text: pa.StringArray | None, rate_table: RateTable
) -> memoryview:
    """Find each call's longest prefix among those of its plan version.

    Returns
    -------
    (n,) int32, the position in the version's book; -1 where none matches. (0,) if none does.
    """
    row_count = len(plan_version_index)
    books = rate_table.prefix_books
    if text is None or not len(books.books):
        return view(None, "i")
    node = view(pa.allocate_buffer(4 * row_count), "i")
    destination.longest_prefix_batch(
        values(plan_version_index, "i"),
        *texts(text),
        books.book_of_version,
        books.books,
        books.slots,
        books.prefix_offsets,
        books.prefix_text,
        node,
    )
    return node


def _versions_with(source: str, rate_table: RateTable) -> pa.Int32Array:
    named = enumerate(rate_table.prefix_sources)
    return pa.array([index for index, prefix_of in named if prefix_of == source], pa.int32())
