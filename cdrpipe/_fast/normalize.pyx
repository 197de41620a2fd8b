"""Whose number it is, for a column of texts: the rule of ``cdr/normalize.py``, compiled."""

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint16_t, uint64_t
from libc.string cimport memcpy

# The longest text that names a number: 00 86 17951 700 and twelve digits.
cdef enum:
    DIGITS_MAX = 24
    IP_DIAL_PREFIX_DIGITS = 5

ctypedef fused offset_t:
    int32_t
    int64_t

cdef struct Places:
    const uint16_t* slots
    const int32_t* region_ids
    int trunk_area  # 755; 0 where none is known

cdef struct Number:
    int64_t digits  # E.164
    int32_t region_id
    NumberKind kind
    int lead  # characters of the text before the digits that the display form shows as they are


def normalize_batch(
    const offset_t[::1] offsets not None,
    const uint8_t[::1] text not None,
    const uint8_t[::1] validity not None,
    Py_ssize_t validity_start,
    int trunk_area,
    const uint16_t[::1] slots not None,
    const int32_t[::1] region_ids not None,
    int64_t[::1] number not None,
    int8_t[::1] kind not None,
    int32_t[::1] region_id not None,
    uint8_t[::1] is_known not None,
    uint8_t[::1] is_display not None,
):
    """Normalise a column of texts.

    Parameters
    ----------
    offsets, text
        (n + 1,) and bytes: an Arrow string column's, the offsets cut to its rows.
    validity
        Arrow's bitmap, empty where no text is null; ``validity_start`` is the first row's bit.
    trunk_area
        Area code as a number that local numbers lie in; 0 where none is known.
    slots, region_ids
        A RegionTable's.
    number, kind, region_id
        (n,) outputs; 0, UNKNOWN and 0 where no number was found.
    is_known, is_display
        (n + 7) // 8 bytes, outputs: Arrow bitmaps of ``number`` and of "written in display form".

    Returns
    -------
    How many numbers are unknown.

    Raises
    ------
    ValueError
        Lengths differ, or an offset points outside the text.
    """
    cdef Py_ssize_t row, row_count = offsets.shape[0] - 1
    cdef Py_ssize_t bitmap_bytes = (row_count + 7) // 8
    cdef Py_ssize_t unknown_count = 0
    cdef int64_t begin, end, text_bytes = text.shape[0]
    cdef bint is_damaged = False
    cdef Places places
    cdef Number found
    cdef uint8_t bit
    cdef const uint8_t* bytes_start = &text[0] if text_bytes else NULL
    if not (row_count == number.shape[0] == kind.shape[0] == region_id.shape[0]):
        raise ValueError("columns of one batch must have one length")
    if not (bitmap_bytes == is_known.shape[0] == is_display.shape[0]):
        raise ValueError("bitmaps must have a bit a row")
    if validity.shape[0] and validity.shape[0] * 8 < validity_start + row_count:
        raise ValueError("the validity bitmap must have a bit a row")
    if slots.shape[0] != SLOT_COUNT or region_ids.shape[0] < 1 or not 0 <= trunk_area < 1000:
        raise ValueError("the regions must come from a RegionTable")
    places.slots = &slots[0]
    places.region_ids = &region_ids[0]
    places.trunk_area = trunk_area
    with nogil:
        for row in range(row_count):
            if row & 7 == 0:
                is_known[row >> 3] = 0
                is_display[row >> 3] = 0
            begin, end = offsets[row], offsets[row + 1]
            if not 0 <= begin <= end <= text_bytes:
                is_damaged = True
                break
            # Bytes may stand beneath a null: the bitmap decides, not the length.
            if validity.shape[0] and not _bit(validity, validity_start + row):
                end = begin
            bit = _normalize_row(bytes_start + begin, end - begin, &places, &found)
            number[row] = found.digits
            kind[row] = <int8_t>found.kind
            region_id[row] = found.region_id
            is_known[row >> 3] |= (found.kind != UNKNOWN) << (row & 7)
            is_display[row >> 3] |= bit << (row & 7)
            unknown_count += found.kind == UNKNOWN
    if is_damaged:
        raise ValueError(f"the text of row {row} lies outside the column's bytes")
    return unknown_count


cdef inline bint _bit(const uint8_t[::1] bitmap, Py_ssize_t index) noexcept nogil:
    return (bitmap[index >> 3] >> (index & 7)) & 1


cdef inline bint _normalize_row(
    const uint8_t* text, int64_t length, const Places* places, Number* found
) noexcept nogil:
    """Find the number; tell whether the text is its display form."""
    cdef uint8_t digits[DIGITS_MAX]
    cdef int count = 0
    cdef bint has_plus = False
    cdef int64_t at
    cdef uint8_t character
    found.digits = 0
    found.kind = UNKNOWN
    found.region_id = 0
    found.lead = 0
    if length == 11 and text[0] == 49 and text[1] >= 51 and _plain_mobile(text, places, found):
        return True
    # 1. Separators are taken away; what then is not digits behind at most one + is unknown.
    for at in range(length):
        character = text[at]
        if 48 <= character <= 57:
            if count == DIGITS_MAX:
                return False
            digits[count] = character - 48
            count += 1
        elif character == 43 and count == 0 and not has_plus:
            has_plus = True
        elif character not in b" -()":
            return False
    if count == 0 or not _find(digits, count, has_plus, places, found):
        return False
    if found.kind == LANDLINE:
        return length == count and found.lead == 1
    if found.kind == INTERNATIONAL:
        return has_plus and length == count + 1
    return length == count and found.lead == 0


cdef inline bint _plain_mobile(
    const uint8_t* text, const Places* places, Number* found
) noexcept nogil:
    """Read the form most callers come in, eleven digits, in two steps instead of eleven."""
    cdef uint64_t head, tail
    cdef int64_t prefix
    memcpy(&head, text, 8)
    memcpy(&tail, text + 3, 8)
    if not (_are_digits(head) and _are_digits(tail)):
        return False
    prefix = _eight_digits(head << 8)
    found.kind = MOBILE
    found.digits = (86_000 + prefix // 10_000) * <int64_t>100_000_000 + _eight_digits(tail)
    found.region_id = places.region_ids[places.slots[prefix - MOBILE_PREFIX_MIN]]
    return True


# Eight characters in a word, the first in the lowest byte (little endian, as Arrow's buffers are).
cdef inline bint _are_digits(uint64_t word) noexcept nogil:
    """Tell whether every byte is 0x30 to 0x39: its high half 3, also when 6 is added."""
    return (
        (word & 0xF0F0F0F0F0F0F0F0u) | (((word + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) >> 4)
    ) == 0x3333333333333333u


cdef inline int64_t _eight_digits(uint64_t word) noexcept nogil:
    """Read eight digits by joining neighbours: pairs, fours, all eight."""
    word = (word & 0x0F0F0F0F0F0F0F0Fu) * (10 * 256 + 1) >> 8
    word = (word & 0x00FF00FF00FF00FFu) * (100 * 65_536 + 1) >> 16
    return <int64_t>((word & 0x0000FFFF0000FFFFu) * (10_000 * <uint64_t>4_294_967_296 + 1) >> 32)


cdef inline bint _find(
    const uint8_t* digits, int count, bint has_plus, const Places* places, Number* found
) noexcept nogil:
    """Take steps 2 to 7 of the rule."""
    if has_plus:
        return _behind_access_code(digits, count, places, found)
    if count >= 2 and digits[0] == 0 and digits[1] == 0:
        return _behind_access_code(digits + 2, count - 2, places, found)
    if _full_number(digits, count, places, found):
        return True
    if count >= 2 and digits[0] == 8 and digits[1] == 6:
        if _behind_country_code(digits + 2, count - 2, places, found):
            found.lead += 2
            return True
    return (
        _behind_ip_dial_prefix(digits, count, places, found)
        or _short_service(digits, count, found)
        or _local_number(digits, count, places, found)
    )


cdef inline bint _behind_access_code(
    const uint8_t* digits, int count, const Places* places, Number* found
) noexcept nogil:
    cdef int country
    if count >= 2 and digits[0] == 8 and digits[1] == 6:
        found.lead = 3  # + and 86, or more: never the display form
        return _behind_country_code(digits + 2, count - 2, places, found) or _short_service(
            digits + 2, count - 2, found
        )
    if not 7 <= count <= 15 or digits[0] == 0:
        return False
    country = 100 * digits[0] + 10 * digits[1] + digits[2]
    found.kind = INTERNATIONAL
    found.digits = _value(digits, count, 0)
    if country == 852:
        found.region_id = HONG_KONG_REGION_ID
    elif country == 853:
        found.region_id = MACAO_REGION_ID
    elif country == 886:
        found.region_id = TAIWAN_REGION_ID
    else:
        found.region_id = ABROAD_REGION_ID
    return True


cdef inline bint _behind_country_code(
    const uint8_t* digits, int count, const Places* places, Number* found
) noexcept nogil:
    """Read what stands behind 86; a landline may have its 0 there or not."""
    return (
        _full_number(digits, count, places, found)
        or _landline(digits, count, places, found)
        or _behind_ip_dial_prefix(digits, count, places, found)
    )


cdef inline bint _behind_ip_dial_prefix(
    const uint8_t* digits, int count, const Places* places, Number* found
) noexcept nogil:
    if count <= IP_DIAL_PREFIX_DIGITS or digits[0] != 1:
        return False
    if _value(digits, IP_DIAL_PREFIX_DIGITS, 0) not in (17951, 17950, 12593, 17911, 17909, 10193):
        return False
    if not _full_number(
        digits + IP_DIAL_PREFIX_DIGITS, count - IP_DIAL_PREFIX_DIGITS, places, found
    ):
        return False
    found.lead += IP_DIAL_PREFIX_DIGITS
    return True


cdef inline bint _full_number(
    const uint8_t* digits, int count, const Places* places, Number* found
) noexcept nogil:
    """Read a mobile (with a 0 or not), a landline with its 0, a 400, 800 or 700 number."""
    if count < 9:
        return False
    if digits[0] == 0:
        if not (
            _mobile(digits + 1, count - 1, places, found)
            or _landline(digits + 1, count - 1, places, found)
        ):
            return False
        found.lead += 1
        return True
    if digits[0] == 1:
        return _mobile(digits, count, places, found)
    if digits[1] != 0 or digits[2] != 0:
        return False
    if count == 10 and (digits[0] == 4 or digits[0] == 8):
        found.kind = SERVICE
    elif count <= 15 and digits[0] == 7:
        found.kind = PRIVACY
    else:
        return False
    found.digits = _value(digits, count, 86)
    return True


cdef inline bint _mobile(
    const uint8_t* digits, int count, const Places* places, Number* found
) noexcept nogil:
    cdef int64_t national
    if count != 11 or digits[0] != 1 or digits[1] < 3:
        return False
    national = _value(digits, 11, 0)
    found.kind = MOBILE
    found.digits = 86 * <int64_t>100_000_000_000 + national
    found.region_id = places.region_ids[places.slots[national // 10_000 - MOBILE_PREFIX_MIN]]
    return True


cdef inline bint _landline(
    const uint8_t* digits, int count, const Places* places, Number* found
) noexcept nogil:
    """Read a landline from its area code, the 0 left out."""
    cdef int area_digits
    cdef uint16_t slot
    if not 10 <= count <= 11 or digits[0] == 0:
        return False
    area_digits = 2 if digits[0] <= 2 else 3
    if (count == 11 and area_digits == 2) or digits[area_digits] < 2:
        return False
    slot = places.slots[AREA_SLOTS_START + _value(digits, area_digits, 0)]
    if slot == 0:
        return False
    found.kind = LANDLINE
    found.digits = _value(digits, count, 86)
    found.region_id = places.region_ids[slot]
    return True


cdef inline bint _short_service(
    const uint8_t* digits, int count, Number* found
) noexcept nogil:
    if not 5 <= count <= 8:
        return False
    if not ((digits[0] == 9 and digits[1] == 5) or (digits[0] == 1 and digits[1] == 0)):
        return False
    found.kind = SERVICE
    found.digits = _value(digits, count, 86)
    return True


cdef inline bint _local_number(
    const uint8_t* digits, int count, const Places* places, Number* found
) noexcept nogil:
    if not (count == 8 or (count == 7 and places.trunk_area >= 100)):
        return False
    if places.trunk_area == 0 or digits[0] < 2:
        return False
    found.kind = LANDLINE
    found.digits = _value(
        digits, count, (86_000 if places.trunk_area >= 100 else 8_600) + places.trunk_area
    )
    found.region_id = places.region_ids[places.slots[AREA_SLOTS_START + places.trunk_area]]
    return True


cdef inline int64_t _value(const uint8_t* digits, int count, int64_t before) noexcept nogil:
    """Read digits as a number that continues ``before``."""
    cdef int at
    for at in range(count):
        before = 10 * before + digits[at]
    return before
