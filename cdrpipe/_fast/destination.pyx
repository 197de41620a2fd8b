# cython: language_level=3
"""Find the longest prefix of every destination: ``cdrpipe/tariff/prefix_book.py``, compiled.

A book is a set of prefixes in a hash table of open addressing. A slot is 0 where it is empty, else
32 bits of the prefix's hash and 32 bits of its position in the book plus one: a slot of another
prefix is passed over without a look at the text.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memcmp

cdef extern from *:
    int __builtin_clzll(unsigned long long) noexcept nogil

cdef struct BookRow:
    int64_t slots_start        # slots [slots_start, slots_start + slot_count)
    int64_t slot_count         # fewer than 2^32, more than there are prefixes
    int64_t lengths            # bit n: some prefix has n bytes
    int64_t prefix_start       # text of prefix i: from prefix_offsets[prefix_start + i] on

cdef enum:
    LENGTH_MAX = 60            # bits of `lengths`, and room for hashes on the stack

PREFIX_BYTES_MAX = LENGTH_MAX
BOOK_FIELDS = sizeof(BookRow) // sizeof(int64_t)

cdef uint64_t _SEED = 0xCBF29CE484222325
cdef uint64_t _FNV_PRIME = 0x100000001B3
cdef uint64_t _MIX = 0x9E3779B97F4A7C15


def fill_slots(
    const int32_t[::1] prefix_offsets not None,
    const uint8_t[::1] prefix_text not None,
    uint64_t[::1] slots not None,
):
    """Enter the prefixes of one book into its empty slots.

    Parameters
    ----------
    prefix_offsets, prefix_text
        (n + 1,) and their UTF-8 bytes, each prefix once, 1 to PREFIX_BYTES_MAX bytes.
    slots
        Output; more than n, fewer than 2**32, all 0.

    Raises
    ------
    ValueError
        A prefix is empty, too long or there twice, or there are too few slots.
    """
    cdef Py_ssize_t index, count = prefix_offsets.shape[0] - 1
    cdef int64_t slot_count = slots.shape[0]
    cdef int32_t start, end, position
    cdef uint64_t hashed, entry
    cdef int64_t slot
    cdef int refused = 0
    if count < 0 or slot_count <= count or slot_count >= (<int64_t>1 << 32):
        raise ValueError("a book needs more slots than prefixes, and fewer than 2^32")
    if prefix_offsets[0] < 0 or prefix_offsets[count] > prefix_text.shape[0]:
        raise ValueError("the offsets of the prefixes lead beyond their text")
    with nogil:
        for index in range(count):
            start, end = prefix_offsets[index], prefix_offsets[index + 1]
            if end <= start or end - start > LENGTH_MAX:
                refused = 1
                break
            hashed = _SEED
            for position in range(start, end):
                hashed = _hash_on(hashed, prefix_text[position])
            hashed = _mixed(hashed)
            slot = _first_slot(hashed, slot_count)
            while slots[slot]:
                entry = slots[slot]
                if (entry >> 32) == (hashed >> 32) and _is_text_of(
                    prefix_offsets, prefix_text, <int64_t><uint32_t>entry - 1,
                    &prefix_text[start], end - start,
                ):
                    refused = 1
                    break
                slot = slot + 1 if slot + 1 < slot_count else 0
            if refused:
                break
            slots[slot] = (hashed >> 32 << 32) | <uint64_t>(index + 1)
    if refused:
        raise ValueError(
            f"prefix {index} is empty, longer than {LENGTH_MAX} bytes or there twice"
        )


def longest_prefix_batch(
    const int32_t[::1] plan_version_index not None,
    const int32_t[::1] offsets not None,
    const uint8_t[::1] text not None,
    const int32_t[::1] book_of_version not None,
    const int64_t[::1] books not None,
    const uint64_t[::1] slots not None,
    const int32_t[::1] prefix_offsets not None,
    const uint8_t[::1] prefix_text not None,
    int32_t[::1] node not None,
):
    """Find the longest prefix in the book of each row's plan version.

    Parameters
    ----------
    plan_version_index
        (n,) position in ``book_of_version``; a row with another value finds nothing.
    offsets, text
        (n + 1,) and bytes of an Arrow string column without nulls.
    book_of_version
        Position of the version's book, -1 where it has none.
    books, slots, prefix_offsets, prefix_text
        All books; made by ``fill_slots``.
    node
        (n,) output: position of the prefix in its book, -1 where none matches.

    Notes
    -----
    Cost: one multiplication a byte of the longest prefix, and one probe a length that occurs.
    """
    cdef Py_ssize_t row, row_count = plan_version_index.shape[0]
    cdef int32_t version, book, version_count = <int32_t>book_of_version.shape[0]
    cdef const BookRow* rows
    if not (offsets.shape[0] == row_count + 1 and node.shape[0] == row_count):
        raise ValueError("columns of one batch must have one length")
    if offsets[0] < 0 or offsets[row_count] > text.shape[0]:
        raise ValueError("the offsets of the destinations lead beyond their text")
    if row_count == 0:
        return
    if books.shape[0] == 0:
        node[:] = -1
        return
    rows = <const BookRow*>&books[0]
    with nogil:
        for row in range(row_count):
            node[row] = -1
            version = plan_version_index[row]
            if version < 0 or version >= version_count or offsets[row] == offsets[row + 1]:
                continue
            book = book_of_version[version]
            if book >= 0:
                node[row] = _longest(
                    &rows[book], slots, prefix_offsets, prefix_text,
                    &text[offsets[row]], offsets[row + 1] - offsets[row],
                )


cdef inline uint64_t _hash_on(uint64_t hashed, uint8_t byte) noexcept nogil:
    return (hashed ^ byte) * _FNV_PRIME


cdef inline uint64_t _mixed(uint64_t hashed) noexcept nogil:
    hashed ^= hashed >> 32
    hashed *= _MIX
    return hashed ^ (hashed >> 32)


# The lower 32 bits choose the slot, the upper ones stand in it.
cdef inline int64_t _first_slot(uint64_t hashed, int64_t slot_count) noexcept nogil:
    return <int64_t>((<uint64_t><uint32_t>hashed * <uint64_t>slot_count) >> 32)


cdef inline bint _is_text_of(
    const int32_t[::1] prefix_offsets, const uint8_t[::1] prefix_text, int64_t prefix,
    const uint8_t* text, int32_t length,
) noexcept nogil:
    cdef int32_t start = prefix_offsets[prefix]
    if prefix_offsets[prefix + 1] - start != length:
        return False
    return memcmp(&prefix_text[start], text, length) == 0


cdef inline int32_t _longest(
    const BookRow* book, const uint64_t[::1] slots, const int32_t[::1] prefix_offsets,
    const uint8_t[::1] prefix_text, const uint8_t* text, int32_t length,
) noexcept nogil:
    cdef uint64_t hashes[LENGTH_MAX + 1]
    cdef uint64_t lengths = <uint64_t>book.lengths
    cdef uint64_t hashed = _SEED, entry
    cdef int32_t reach = 63 - __builtin_clzll(lengths), position, candidate
    cdef int64_t slot, prefix
    reach = min(reach, length)
    for position in range(reach):
        hashed = _hash_on(hashed, text[position])
        hashes[position + 1] = hashed
    lengths &= (<uint64_t>2 << reach) - 1
    while lengths:
        candidate = 63 - __builtin_clzll(lengths)
        lengths ^= <uint64_t>1 << candidate
        hashed = _mixed(hashes[candidate])
        slot = _first_slot(hashed, book.slot_count)
        while True:
            entry = slots[book.slots_start + slot]
            if entry == 0:
                break
            if (entry >> 32) == (hashed >> 32):
                prefix = <int64_t><uint32_t>entry - 1
                if _is_text_of(
                    prefix_offsets, prefix_text, book.prefix_start + prefix, text, candidate
                ):
                    return <int32_t>prefix
            slot = slot + 1 if slot + 1 < book.slot_count else 0
    return -1
