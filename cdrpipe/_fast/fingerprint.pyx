"""Fold columns, one after the other, into one 128-bit fingerprint a row.

The hash is MurmurHash3 x64 128 over each value's bytes, seeded with the fingerprint of the columns
before it, so that ("ab", "c") and ("a", "bc") differ. It is stable: fingerprints of what is stored
can be made again at any time, on any machine of one byte order.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #include <stdint.h>
    static inline uint64_t cdrpipe_rotl64(uint64_t x, int r) { return (x << r) | (x >> (64 - r)); }
    """
    uint64_t rotl64 "cdrpipe_rotl64"(uint64_t x, int r) noexcept nogil

cdef uint64_t C1 = 0x87C37B91114253D5u
cdef uint64_t C2 = 0x4CF5AD432745937Fu
# What a null adds: no value's bytes do the same, since a value always runs through the finish.
cdef uint64_t NULL_MARK = 0x9E3779B97F4A7C15u


def fold_strings(
    const uint8_t[::1] data not None,
    const int32_t[::1] offsets not None,
    const uint8_t[::1] is_valid not None,
    uint64_t[::1] low not None,
    uint64_t[::1] high not None,
):
    """Fold a column of texts into the fingerprints.

    Parameters
    ----------
    data
        (bytes,) the texts, one behind the other.
    offsets
        (n + 1,) where each begins and the last ends; nulls may have bytes beneath.
    is_valid
        (n,) 0 where the value is null.
    low, high
        (n,) fingerprints so far; overwritten.

    Raises
    ------
    ValueError
        The columns differ in length or the offsets leave ``data``.
    """
    cdef Py_ssize_t row, row_count = low.shape[0]
    cdef int64_t size = data.shape[0]
    cdef bint is_outside = 0
    cdef const uint8_t* base = &data[0] if data.shape[0] else NULL
    if not (offsets.shape[0] == row_count + 1 and is_valid.shape[0] == high.shape[0] == row_count):
        raise ValueError("columns of one batch must have one length")
    with nogil:
        for row in range(row_count):
            if offsets[row] < 0 or offsets[row + 1] < offsets[row] or offsets[row + 1] > size:
                is_outside = 1
                break
    if is_outside:
        raise ValueError("offsets lead outside the text")
    with nogil:
        for row in range(row_count):
            if is_valid[row]:
                _fold(base + offsets[row], offsets[row + 1] - offsets[row], &low[row], &high[row])
            else:
                _fold_null(&low[row], &high[row])


def fold_int64(
    const int64_t[::1] values not None,
    const uint8_t[::1] is_valid not None,
    uint64_t[::1] low not None,
    uint64_t[::1] high not None,
):
    """Fold a column of integers (or instants) into the fingerprints, as ``fold_strings`` does."""
    cdef Py_ssize_t row, row_count = low.shape[0]
    if not (values.shape[0] == is_valid.shape[0] == high.shape[0] == row_count):
        raise ValueError("columns of one batch must have one length")
    with nogil:
        for row in range(row_count):
            if is_valid[row]:
                _fold(<const uint8_t*> &values[row], 8, &low[row], &high[row])
            else:
                _fold_null(&low[row], &high[row])


cdef inline void _fold_null(uint64_t* low, uint64_t* high) noexcept nogil:
    low[0] = _mix(low[0] ^ NULL_MARK)
    high[0] = _mix(high[0] + NULL_MARK)


cdef inline uint64_t _mix(uint64_t value) noexcept nogil:
    value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCDu
    value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53u
    return value ^ (value >> 33)


cdef inline void _fold(
    const uint8_t* text, Py_ssize_t length, uint64_t* low, uint64_t* high
) noexcept nogil:
    cdef uint64_t h1 = low[0], h2 = high[0], k1, k2
    cdef uint8_t tail[16]
    cdef Py_ssize_t position = 0, rest
    while length - position >= 16:
        memcpy(&k1, text + position, 8)
        memcpy(&k2, text + position + 8, 8)
        h1 ^= rotl64(k1 * C1, 31) * C2
        h1 = (rotl64(h1, 27) + h2) * 5 + 0x52DCE729u
        h2 ^= rotl64(k2 * C2, 33) * C1
        h2 = (rotl64(h2, 31) + h1) * 5 + 0x38495AB5u
        position += 16
    rest = length - position
    if rest:
        k1 = 0
        k2 = 0
        memcpy(tail, text + position, rest)
        memcpy(&k1, tail, 8 if rest > 8 else rest)
        if rest > 8:
            memcpy(&k2, tail + 8, rest - 8)
            h2 ^= rotl64(k2 * C2, 33) * C1
        h1 ^= rotl64(k1 * C1, 31) * C2
    h1 ^= <uint64_t> length
    h2 ^= <uint64_t> length
    h1 += h2
    h2 += h1
    h1 = _mix(h1)
    h2 = _mix(h2)
    h1 += h2
    h2 += h1
    low[0] = h1
    high[0] = h2
