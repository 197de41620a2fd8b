# cython: language_level=3
"""Small passes over whole columns: words, nulls, days."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memset

cdef int64_t _DAY_US = 86_400_000_000


def fold_words(
    const int32_t[::1] code not None,
    int32_t[::1] place not None,
    int32_t[::1] word not None,
    int32_t[::1] used not None,
    uint8_t[::1] validity not None,
):
    """Keep of a dictionary the words that a column uses, in the order of their first use.

    Parameters
    ----------
    code
        (n,) positions in a dictionary of m words, -1 where null.
    place
        (m,) scratch; all -1.
    word
        (n,) output: positions in the words that are used, 0 where null.
    used
        (m,) output: the words that are used, as positions in the dictionary.
    validity
        Output, Arrow bitmap of ``word``.

    Returns
    -------
    (words used, nulls).

    Raises
    ------
    ValueError
        Columns of different length, or a position out of bounds.
    """
    cdef Py_ssize_t row, row_count = code.shape[0], nulls = 0
    cdef int32_t each, count = 0, size = <int32_t> place.shape[0]
    cdef bint is_outside = False
    if word.shape[0] != row_count or used.shape[0] != size:
        raise ValueError("columns of one batch must have one length")
    if validity.shape[0] < (row_count + 7) // 8:
        raise ValueError("a bitmap must hold a bit for every row")
    if row_count == 0:
        return 0, 0
    memset(&validity[0], 0, (row_count + 7) // 8)
    with nogil:
        for row in range(row_count):
            each = code[row]
            if each < 0:
                word[row] = 0
                nulls += 1
                continue
            if each >= size:
                is_outside = True
                break
            if place[each] < 0:
                place[each] = count
                used[count] = each
                count += 1
            word[row] = place[each]
            validity[row >> 3] |= <uint8_t> (1 << (row & 7))
    if is_outside:
        raise ValueError(f"the word of row {row} lies outside the dictionary")
    return count, nulls


def look_up(
    const int32_t[::1] code not None,
    const int32_t[::1] found_for not None,
    int32_t[::1] found not None,
):
    """Replace each position by what stands there; -1, or outside, is -1."""
    cdef Py_ssize_t row, row_count = code.shape[0]
    if found.shape[0] != row_count:
        raise ValueError("columns of one batch must have one length")
    with nogil:
        for row in range(row_count):
            if 0 <= code[row] < found_for.shape[0]:
                found[row] = found_for[code[row]]
            else:
                found[row] = -1


def mark_present(
    const int64_t[::1] values not None, int64_t absent, uint8_t[::1] validity not None
):
    """Write the bitmap of the values that are not ``absent``; give how many are."""
    cdef Py_ssize_t row, row_count = values.shape[0], nulls = 0
    cdef bint is_absent
    if validity.shape[0] < (row_count + 7) // 8:
        raise ValueError("a bitmap must hold a bit for every row")
    if row_count == 0:
        return 0
    memset(&validity[0], 0, (row_count + 7) // 8)
    with nogil:
        for row in range(row_count):
            is_absent = values[row] == absent
            nulls += is_absent
            validity[row >> 3] |= <uint8_t> ((not is_absent) << (row & 7))
    return nulls


def days_of(
    const int64_t[::1] at_us not None,
    int64_t absent,
    int64_t instead_us,
    const int64_t[::1] change_us not None,
    const int64_t[::1] offset_us not None,
    int32_t[::1] day not None,
):
    """Give the day since 1970 on which each instant lies in a zone.

    Parameters
    ----------
    at_us
        (n,) instants, UTC; ``instead_us`` stands for one that is ``absent``.
    change_us, offset_us
        (m,) from when on the zone is how far ahead of UTC; the first holds before it too.
    day
        (n,) output.
    """
    cdef Py_ssize_t row, row_count = at_us.shape[0], last = change_us.shape[0] - 1, here = last
    cdef int64_t us
    if day.shape[0] != row_count or offset_us.shape[0] != last + 1 or last < 0:
        raise ValueError("columns of one batch must have one length")
    with nogil:
        for row in range(row_count):
            us = instead_us if at_us[row] == absent else at_us[row]
            # Neighbours lie in one stretch, nearly always the last.
            while here < last and change_us[here + 1] <= us:
                here += 1
            while here > 0 and us < change_us[here]:
                here -= 1
            us += offset_us[here]
            day[row] = <int32_t> ((us - (us % _DAY_US + _DAY_US) % _DAY_US) // _DAY_US)
