"""Find the longest prefix of every destination: ``tariff/prefix_book.py``, compiled."""

from typing import Final

PREFIX_BYTES_MAX: Final[int]
BOOK_FIELDS: Final[int]

def fill_slots(prefix_offsets: memoryview, prefix_text: memoryview, slots: memoryview) -> None: ...
def longest_prefix_batch(
    plan_version_index: memoryview,
    offsets: memoryview,
    text: memoryview,
    book_of_version: memoryview,
    books: memoryview,
    slots: memoryview,
    prefix_offsets: memoryview,
    prefix_text: memoryview,
    node: memoryview,
) -> None: ...
