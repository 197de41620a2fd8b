"""Prefixes of all rate plan versions, laid out for the search of the longest one.

A version's book is the set of prefixes that its rates and zones name; versions that name the same
share one. A prefix's position in its book, in the order of the text, is its node.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from cdrpipe._fast import destination
from cdrpipe.errors import TariffError

# As UTF-8; E.164 has fifteen digits.
PREFIX_BYTES_MAX = destination.PREFIX_BYTES_MAX

# Offsets into the text of all books are int32.
_TEXT_BYTES_LIMIT = 2**31

# Eight slots for five prefixes: most probes for a length that does not match end at once.
_SLOTS, _PREFIXES = 8, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixBooks:
    """The books of all versions, as ``_fast/destination.pyx`` reads them.

    Attributes
    ----------
    book_of_version
        int32 a version, -1 where it names no prefix.
    books
        Flat int64 rows of ``BOOK_FIELDS`` numbers.
    slots
        uint64; the hash tables of all books, one behind the other.
    prefix_offsets, prefix_text
        int32, one more than there are prefixes, and their UTF-8.
    """

    book_of_version: memoryview
    books: memoryview
    slots: memoryview
    prefix_offsets: memoryview
    prefix_text: memoryview


def is_prefix_fit(prefix: str) -> bool:
    """Tell whether a prefix is short enough to be searched for."""
    return len(prefix.encode()) <= PREFIX_BYTES_MAX


def build_prefix_books(prefixes: Sequence[tuple[str, ...]]) -> PrefixBooks:
    """Lay out the prefixes of every version, each tuple in order and without doubles.

    Raises
    ------
    TariffError
        A prefix is empty or longer than PREFIX_BYTES_MAX, or all are longer than 2 GiB.
    """
    books = list(dict.fromkeys(book for book in prefixes if book))
    position = {book: index for index, book in enumerate(books)}
    encoded = [[prefix.encode() for prefix in book] for book in books]
    text = b"".join(b"".join(book) for book in encoded)
    if len(text) >= _TEXT_BYTES_LIMIT:
        raise TariffError(f"expected prefixes of less than 2 GiB, got {len(text)} bytes")
    offsets = array("i", [0])
    offsets.extend(accumulate(len(prefix) for book in encoded for prefix in book))
    rows = array("q")
    slots = memoryview(bytearray(8 * sum(_slot_count(len(book)) for book in books))).cast("Q")
    slots_start = prefix_start = 0
    for book in encoded:
        lengths = {len(prefix) for prefix in book}
        if beyond := lengths.difference(range(1, PREFIX_BYTES_MAX + 1)):
            raise TariffError(
                f"expected prefixes of 1 to {PREFIX_BYTES_MAX} bytes, got one of {min(beyond)}"
            )
        slot_count = _slot_count(len(book))
        destination.fill_slots(
            memoryview(offsets)[prefix_start : prefix_start + len(book) + 1],
            memoryview(text),
            slots[slots_start : slots_start + slot_count],
        )
        rows.extend((slots_start, slot_count, sum(1 << n for n in lengths), prefix_start))
        slots_start += slot_count
        prefix_start += len(book)
    return PrefixBooks(
        book_of_version=memoryview(array("i", [position.get(book, -1) for book in prefixes])),
        books=memoryview(rows),
        slots=slots,
        prefix_offsets=memoryview(offsets),
        prefix_text=memoryview(text),
    )


def _slot_count(prefix_count: int) -> int:
    return prefix_count * _SLOTS // _PREFIXES + 1
