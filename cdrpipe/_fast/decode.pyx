"""Lines of the native form, JSON and CSV, straight into columns: what the readers do, compiled.

The rule is the plain readers' (``mediation/native_json.py``, ``mediation/native_csv.py``). A line
is taken here only where it is written as documented, in ASCII and without escapes, and every field
of it can be read; of any other line nothing is said but where it lies.
"""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy

cdef extern from *:
    """
    #include <stdint.h>
    #define CDRPIPE_EACH(byte) (0x0101010101010101ULL * (byte))
    /* Marks the first byte that equals one of two, or is no printable character of ASCII; marks
       behind the first may be wrong. */
    static inline uint64_t cdrpipe_marks(uint64_t word, uint8_t one, uint8_t other) {
        uint64_t is_one = word ^ CDRPIPE_EACH(one), is_other = word ^ CDRPIPE_EACH(other);
        return (((is_one - CDRPIPE_EACH(1)) & ~is_one) | ((is_other - CDRPIPE_EACH(1)) & ~is_other)
                | ((word - CDRPIPE_EACH(32)) & ~word) | ((word + CDRPIPE_EACH(1)) | word))
               & CDRPIPE_EACH(128);
    }
    """
    uint64_t marks "cdrpipe_marks"(uint64_t word, uint8_t one, uint8_t other) noexcept nogil
    int __builtin_ctzll(uint64_t word) noexcept nogil

cdef enum:
    FIELD_COUNT = 20
    CELLS_MAX = 64          # columns of a CSV line
    # The csv module cuts a quoted line with a longer field in another way.
    CSV_LINE_BYTES_MAX = 131_072
    WHOLE_DIGITS_MAX = 15
    DIGITS_MAX = 18         # what surely fits 64 bits
    Q850_MAX = 127
    YEAR_MIN = 1969         # in a zone behind UTC; the instant itself is bounded below
    YEAR_MAX = 2200
    OFFSET_HOURS_MAX = 14

cdef int64_t PARTIAL_NO_MAX = 2_147_483_647
cdef int64_t SECONDS_LIMIT = 100_000_000_000
cdef int64_t MILLISECONDS_LIMIT = 100_000_000_000_000
cdef int64_t INSTANT_US_LIMIT = 7_258_118_400_000_000

cdef enum Kind:
    NOT_SAID
    NOTHING  # JSON's null
    TEXT
    WHOLE    # digits, the first of several no 0
    FLAG

cdef struct Value:
    Kind kind
    Py_ssize_t begin
    Py_ssize_t end

cdef struct Name:
    const uint8_t* text
    Py_ssize_t length

# Where the text fields stand among the text columns, the instants among theirs.
cdef int[FIELD_COUNT] PLACE = [0, 1, 2, 0, 0, 0, 3, 4, 5, 0, 1, 2, 3, 0, 0, 0, 6, 7, 8, 9]


def count_lines(const uint8_t[::1] data not None):
    """Count the lines of some bytes; what stands behind the last newline is one."""
    cdef Py_ssize_t count = 1, size = data.shape[0]
    cdef const uint8_t* here
    cdef const uint8_t* end
    if size == 0:
        return 0
    with nogil:
        here = &data[0]
        end = here + size
        while True:
            here = <const uint8_t*> memchr(here, b"\n", end - here)
            if here == NULL:
                break
            count += 1
            here += 1
    return count


cdef class Lines:
    """The records of a payload's lines, a row each in order; the buffers are the caller's.

    Parameters
    ----------
    text_begin, text_length
        (10 * n,) places of the text columns' values in the payload, column after column in the
        order of the fields; the length -1 is null.
    instant, stamp
        (4 * n,) the instants' microseconds, column after column, and what they count.
    partial_no, billable_ms, cause
        (n,) -1 is null.
    is_final, is_continuation, billable_from, bridged_stated
        (n,) 0 and 1, of ``billable_from`` answered and bridged; -1 is null.
    row, line_begin, line_end
        (n,) each record's number and its line in the payload.
    left_row, left_begin, left_end
        (n,) the same of the lines that are left to the plain reader.

    Notes
    -----
    ``taken`` and ``left`` count the rows of both. ``is_undecided`` tells that a line may be blank
    or not: nothing that was read counts.
    """

    cdef int32_t[::1] text_begin
    cdef int32_t[::1] text_length
    cdef int64_t[::1] instant
    cdef int8_t[::1] stamp
    cdef int64_t[::1] partial_no
    cdef int64_t[::1] billable_ms
    cdef int16_t[::1] cause
    cdef int8_t[::1] is_final
    cdef int8_t[::1] is_continuation
    cdef int8_t[::1] billable_from
    cdef int8_t[::1] bridged_stated
    cdef int64_t[::1] row
    cdef int32_t[::1] line_begin
    cdef int32_t[::1] line_end
    cdef int64_t[::1] left_row
    cdef int32_t[::1] left_begin
    cdef int32_t[::1] left_end
    cdef Py_ssize_t room
    cdef readonly Py_ssize_t taken
    cdef readonly Py_ssize_t left
    cdef readonly bint is_undecided

    def __init__(
        self,
        int32_t[::1] text_begin not None,
        int32_t[::1] text_length not None,
        int64_t[::1] instant not None,
        int8_t[::1] stamp not None,
        int64_t[::1] partial_no not None,
        int64_t[::1] billable_ms not None,
        int16_t[::1] cause not None,
        int8_t[::1] is_final not None,
        int8_t[::1] is_continuation not None,
        int8_t[::1] billable_from not None,
        int8_t[::1] bridged_stated not None,
        int64_t[::1] row not None,
        int32_t[::1] line_begin not None,
        int32_t[::1] line_end not None,
        int64_t[::1] left_row not None,
        int32_t[::1] left_begin not None,
        int32_t[::1] left_end not None,
    ):
        self.room = row.shape[0]
        if not (text_begin.shape[0] == text_length.shape[0] == 10 * self.room):
            raise ValueError("the text columns must have ten places a row")
        if not (instant.shape[0] == stamp.shape[0] == 4 * self.room):
            raise ValueError("the instants must have four places a row")
        if not (
            partial_no.shape[0] == billable_ms.shape[0] == cause.shape[0] == self.room
            and is_final.shape[0] == is_continuation.shape[0] == self.room
            and billable_from.shape[0] == bridged_stated.shape[0] == self.room
            and line_begin.shape[0] == line_end.shape[0] == left_row.shape[0] == self.room
            and left_begin.shape[0] == left_end.shape[0] == self.room
        ):
            raise ValueError("columns of one batch must have one length")
        self.text_begin = text_begin
        self.text_length = text_length
        self.instant = instant
        self.stamp = stamp
        self.partial_no = partial_no
        self.billable_ms = billable_ms
        self.cause = cause
        self.is_final = is_final
        self.is_continuation = is_continuation
        self.billable_from = billable_from
        self.bridged_stated = bridged_stated
        self.row = row
        self.line_begin = line_begin
        self.line_end = line_end
        self.left_row = left_row
        self.left_begin = left_begin
        self.left_end = left_end

    def read_json(
        self, const uint8_t[::1] data not None, int64_t first_row, tuple names not None
    ):
        """Read lines of one JSON object each.

        Parameters
        ----------
        data
            Fewer than 2^31 bytes.
        first_row
            Number of the first line that is not blank.
        names
            The fields' names as bytes, in their order.

        Raises
        ------
        ValueError
            The data have more lines than the buffers rows, or too many bytes.
        """
        cdef Name[FIELD_COUNT] known
        cdef Value[FIELD_COUNT] values
        # The field behind each field, the last of all standing for the line's beginning.
        cdef int[FIELD_COUNT + 1] following
        cdef Py_ssize_t field, here = 0, end, size = data.shape[0]
        cdef const uint8_t* text
        self._begin(data)
        for field in range(FIELD_COUNT):
            known[field].text = names[field]
            known[field].length = len(names[field])
            following[field] = <int> (field + 1) % FIELD_COUNT
        following[FIELD_COUNT] = 0
        if size == 0:
            return
        text = &data[0]
        with nogil:
            while here < size:
                end = _line_end(text, here, size)
                if not _is_blank(text, here, end, 0):
                    if (
                        _read_object(text, here, end, known, following, values)
                        and self._take(text, values)
                    ):
                        self._keep(text, here, end, first_row)
                    else:
                        self._leave(text, here, end, first_row)
                here = end + 1

    def read_csv(
        self,
        const uint8_t[::1] data not None,
        Py_ssize_t begin,
        int64_t first_row,
        Py_ssize_t cell_count,
        const int32_t[::1] place_of_field not None,
    ):
        """Read lines of comma-separated cells.

        Parameters
        ----------
        data
            As of ``read_json``; the records begin at ``begin``.
        cell_count
            Cells of a line, at most 64.
        place_of_field
            (20,) the cell of each field, -1 where it has none.

        Raises
        ------
        ValueError
            As of ``read_json``, or a place lies outside the cells.
        """
        cdef Value[FIELD_COUNT] values
        cdef Value[CELLS_MAX] cells
        cdef Py_ssize_t field, here = begin, end, size = data.shape[0]
        cdef const uint8_t* text
        self._begin(data)
        if cell_count > CELLS_MAX or place_of_field.shape[0] != FIELD_COUNT or begin < 0:
            raise ValueError("expected at most 64 cells and a place for each field")
        for field in range(FIELD_COUNT):
            if not -1 <= place_of_field[field] < cell_count:
                raise ValueError("a field's place lies outside the cells")
        if size == 0:
            return
        text = &data[0]
        with nogil:
            while here < size:
                end = _line_end(text, here, size)
                if not _is_blank(text, here, end, 1):
                    if not _is_marked(text, here, end):
                        self.is_undecided = 1
                        break
                    if _read_cells(text, here, end, cell_count, cells):
                        for field in range(FIELD_COUNT):
                            values[field].kind = NOT_SAID
                            if place_of_field[field] >= 0:
                                values[field] = cells[place_of_field[field]]
                        if self._take(text, values):
                            self._keep(text, here, end, first_row)
                        else:
                            self._leave(text, here, end, first_row)
                    else:
                        self._leave(text, here, end, first_row)
                here = end + 1

    cdef int _begin(self, const uint8_t[::1] data) except -1:
        if data.shape[0] >= 2**31:
            raise ValueError("expected fewer than 2^31 bytes")
        if count_lines(data) > self.room:
            raise ValueError("the data have more lines than the buffers rows")
        self.taken = self.left = 0
        self.is_undecided = 0
        return 0

    cdef void _keep(
        self, const uint8_t* text, Py_ssize_t begin, Py_ssize_t end, int64_t first_row
    ) noexcept nogil:
        self.row[self.taken] = first_row + self.taken + self.left
        self.line_begin[self.taken] = <int32_t> begin
        self.line_end[self.taken] = <int32_t> _without_return(text, begin, end)
        self.taken += 1

    cdef void _leave(
        self, const uint8_t* text, Py_ssize_t begin, Py_ssize_t end, int64_t first_row
    ) noexcept nogil:
        self.left_row[self.left] = first_row + self.taken + self.left
        self.left_begin[self.left] = <int32_t> begin
        self.left_end[self.left] = <int32_t> _without_return(text, begin, end)
        self.left += 1

    cdef bint _take(self, const uint8_t* text, Value* values) noexcept nogil:
        """Write a record's values to the next row; false where one of them cannot be read here."""
        cdef Py_ssize_t row = self.taken
        cdef int64_t cause = -1
        if not (
            self._text(row, text, values, SOURCE)
            and self._text(row, text, values, CALL_ID)
            and self._text(row, text, values, LEG)
            and self._text(row, text, values, CALLING_NUMBER)
            and self._text(row, text, values, SERVICE_NUMBER)
            and self._text(row, text, values, ANSWERING_NUMBER)
            and self._text(row, text, values, EXTENSION)
            and self._text(row, text, values, RECORDING_URL)
            and self._text(row, text, values, FIRST_LEG_ID)
            and self._text(row, text, values, SECOND_LEG_ID)
            and self._instant(row, text, values, SETUP_AT)
            and self._instant(row, text, values, ANSWERED_AT)
            and self._instant(row, text, values, BRIDGED_AT)
            and self._instant(row, text, values, RELEASED_AT)
            and _flag(text, &values[IS_FINAL], &self.is_final[row])
            and _flag(text, &values[IS_CONTINUATION], &self.is_continuation[row])
            and _billable_from(text, &values[BILLABLE_FROM], &self.billable_from[row])
            and _whole(text, &values[PARTIAL_NO], WHOLE_DIGITS_MAX, &self.partial_no[row])
            and _whole(text, &values[BILLABLE_MS], WHOLE_DIGITS_MAX, &self.billable_ms[row])
            and _whole(text, &values[CAUSE], DIGITS_MAX, &cause)
        ):
            return 0
        # A cause beyond Q.850's is a switch's own, and is not known.
        self.cause[row] = <int16_t> cause if 1 <= cause <= Q850_MAX else -1
        self.bridged_stated[row] = values[BRIDGED_AT].kind != NOT_SAID
        return (
            self.partial_no[row] <= PARTIAL_NO_MAX
            and self.text_length[PLACE[CALL_ID] * self.room + row] > 0
            and self.text_length[PLACE[SERVICE_NUMBER] * self.room + row] > 0
        )

    cdef bint _text(
        self, Py_ssize_t row, const uint8_t* text, Value* values, int field
    ) noexcept nogil:
        cdef Value* value = &values[field]
        cdef Py_ssize_t here, place = PLACE[field] * self.room + row
        self.text_begin[place] = 0
        self.text_length[place] = -1
        if value.kind == TEXT or value.kind == WHOLE:
            for here in range(value.begin, value.end):
                if text[here] != b" ":
                    self.text_begin[place] = <int32_t> value.begin
                    self.text_length[place] = <int32_t> (value.end - value.begin)
                    break
        return value.kind != FLAG

    cdef bint _instant(
        self, Py_ssize_t row, const uint8_t* text, Value* values, int field
    ) noexcept nogil:
        cdef Value* value = &values[field]
        cdef Py_ssize_t place = PLACE[field] * self.room + row, length
        cdef int64_t count
        self.instant[place] = 0
        self.stamp[place] = ABSENT
        if _is_nothing(value):
            return 1
        if value.kind == FLAG:
            return 0
        length = value.end - value.begin
        if not _digits(text, value.begin, value.end, DIGITS_MAX, &count):
            return value.kind == TEXT and _stamp(
                text + value.begin, length, &self.instant[place], &self.stamp[place]
            )
        if length > 1 and text[value.begin] == b"0":
            return 0
        if count == 0:
            return 1
        if count < SECONDS_LIMIT:
            count *= 1_000_000
        elif count < MILLISECONDS_LIMIT:
            count *= 1_000
        self.instant[place] = count
        self.stamp[place] = UTC
        return count < INSTANT_US_LIMIT


def copy_texts(
    const uint8_t[::1] data not None,
    const int32_t[::1] begin not None,
    const int32_t[::1] length not None,
    int32_t[::1] offsets not None,
    uint8_t[::1] validity not None,
    uint8_t[::1] text,
):
    """Gather a column of texts as Arrow has it, or only measure it.

    Parameters
    ----------
    begin, length
        (n,) where each lies in ``data``; the length -1 is null.
    offsets, validity
        (n + 1,) and (n + 7) // 8 bytes, outputs.
    text
        Output, of the bytes that an earlier call has measured; None measures.

    Returns
    -------
    (bytes, nulls) of the column.

    Raises
    ------
    ValueError
        Lengths differ, or a text lies outside the data.
    """
    cdef Py_ssize_t row, row_count = begin.shape[0], size = data.shape[0]
    cdef Py_ssize_t null_count = 0, room = 0 if text is None else text.shape[0]
    cdef int64_t end = 0
    cdef bint is_outside = 0, is_measured = text is not None
    if not (length.shape[0] == row_count == offsets.shape[0] - 1):
        raise ValueError("columns of one batch must have one length")
    if validity.shape[0] != (row_count + 7) // 8:
        raise ValueError("bitmaps must have a bit a row")
    with nogil:
        for row in range(validity.shape[0]):
            validity[row] = 0
        offsets[0] = 0
        for row in range(row_count):
            if length[row] < 0:
                null_count += 1
            else:
                if begin[row] < 0 or begin[row] + <int64_t> length[row] > size:
                    is_outside = 1
                    break
                validity[row >> 3] |= <uint8_t> (1 << (row & 7))
                if is_measured and length[row]:
                    if end + length[row] > room:
                        is_outside = 1
                        break
                    memcpy(&text[end], &data[begin[row]], length[row])
                end += length[row]
            offsets[row + 1] = <int32_t> end
    if is_outside:
        raise ValueError("a text lies outside the data")
    return end, null_count


cdef inline Py_ssize_t _line_end(
    const uint8_t* text, Py_ssize_t begin, Py_ssize_t size
) noexcept nogil:
    cdef const uint8_t* found = <const uint8_t*> memchr(text + begin, b"\n", size - begin)
    return size if found == NULL else found - text


cdef inline Py_ssize_t _without_return(
    const uint8_t* text, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    return end - 1 if end > begin and text[end - 1] == b"\r" else end


cdef inline bint _is_blank(
    const uint8_t* text, Py_ssize_t begin, Py_ssize_t end, bint is_text
) noexcept nogil:
    """Tell whether a line is blank: as bytes, or as text, where the separators are blanks too."""
    cdef Py_ssize_t here
    for here in range(begin, end):
        if text[here] == b" " or 9 <= text[here] <= 13 or (is_text and 28 <= text[here] <= 31):
            continue
        return 0
    return 1


cdef inline bint _is_marked(
    const uint8_t* text, Py_ssize_t begin, Py_ssize_t end
) noexcept nogil:
    """Tell whether a line has a character of ASCII that is not blank."""
    cdef Py_ssize_t here
    for here in range(begin, end):
        if text[here] < 128 and not _is_blank(text, here, here + 1, 1):
            return 1
    return 0


# JSON: one object, simple values, known and other names.


cdef inline Py_ssize_t _skip_blanks(
    const uint8_t* text, Py_ssize_t here, Py_ssize_t end
) noexcept nogil:
    while here < end and (text[here] == b" " or text[here] == b"\t" or text[here] == b"\r"):
        here += 1
    return here


cdef inline Py_ssize_t _plain_end(
    const uint8_t* text, Py_ssize_t here, Py_ssize_t end, uint8_t one, uint8_t other
) noexcept nogil:
    """Find the first byte that is one of two or no printable ASCII; ``end`` where none is."""
    cdef uint64_t word, found
    while end - here >= 8:
        memcpy(&word, text + here, 8)
        found = marks(word, one, other)
        if found:
            return here + (__builtin_ctzll(found) >> 3)
        here += 8
    while here < end:
        if text[here] == one or text[here] == other or text[here] < 32 or text[here] > 126:
            return here
        here += 1
    return end


cdef inline Py_ssize_t _string_end(
    const uint8_t* text, Py_ssize_t here, Py_ssize_t end
) noexcept nogil:
    """Give where the string that begins behind a quote ends, -1 where it is not simple."""
    here = _plain_end(text, here, end, b'"', b"\\")
    return here if here < end and text[here] == b'"' else -1


cdef bint _read_object(
    const uint8_t* text,
    Py_ssize_t here,
    Py_ssize_t end,
    const Name* known,
    int* following,
    Value* values,
) noexcept nogil:
    cdef Py_ssize_t name_begin, name_end
    cdef int field, previous = FIELD_COUNT  # none yet
    cdef Value value
    for field in range(FIELD_COUNT):
        values[field].kind = NOT_SAID
    here = _skip_blanks(text, here, end)
    if here >= end or text[here] != b"{":
        return 0
    here = _skip_blanks(text, here + 1, end)
    while True:
        if here >= end or text[here] != b'"':
            return 0
        name_begin = here + 1
        field = following[previous]
        name_end = name_begin + known[field].length
        # Nearly always the name that came behind the one before in the last line.
        if not (
            name_end < end
            and text[name_end] == b'"'
            and memcmp(known[field].text, text + name_begin, known[field].length) == 0
        ):
            name_end = _string_end(text, name_begin, end)
            if name_end < 0:
                return 0
            field = _field_of(text + name_begin, name_end - name_begin, known, field)
        here = _skip_blanks(text, name_end + 1, end)
        if here >= end or text[here] != b":":
            return 0
        here = _read_value(text, _skip_blanks(text, here + 1, end), end, &value)
        if here < 0:
            return 0
        if field >= 0:
            if values[field].kind != NOT_SAID:
                return 0
            values[field] = value
            # A source keeps to one order: what came behind a field comes there again.
            following[previous] = field
            previous = field
        here = _skip_blanks(text, here, end)
        if here >= end:
            return 0
        if text[here] == b"}":
            return _skip_blanks(text, here + 1, end) == end
        if text[here] != b",":
            return 0
        here = _skip_blanks(text, here + 1, end)


cdef inline int _field_of(
    const uint8_t* name, Py_ssize_t length, const Name* known, int expected
) noexcept nogil:
    """Give the field of that name, the expected one tried first; -1 where there is none."""
    cdef int field, step
    for step in range(FIELD_COUNT):
        field = expected + step
        if field >= FIELD_COUNT:
            field -= FIELD_COUNT
        if known[field].length == length and memcmp(known[field].text, name, length) == 0:
            return field
    return -1


cdef inline Py_ssize_t _read_value(
    const uint8_t* text, Py_ssize_t here, Py_ssize_t end, Value* value
) noexcept nogil:
    """Read a simple value and give what stands behind it, -1 where it is none."""
    cdef Py_ssize_t left = end - here
    if left <= 0:
        return -1
    value.begin = here
    if text[here] == b'"':
        value.kind = TEXT
        value.begin = here + 1
        value.end = _string_end(text, here + 1, end)
        return value.end + 1 if value.end >= 0 else -1
    if b"0" <= text[here] <= b"9":
        value.kind = WHOLE
        while here < end and b"0" <= text[here] <= b"9":
            here += 1
        value.end = here
        if value.end - value.begin > DIGITS_MAX:
            return -1
        return -1 if value.end - value.begin > 1 and text[value.begin] == b"0" else here
    if left >= 4 and memcmp(text + here, b"null", 4) == 0:
        value.kind = NOTHING
        value.end = here + 4
        return value.end
    value.kind = FLAG
    if left >= 4 and memcmp(text + here, b"true", 4) == 0:
        value.end = here + 4
        return value.end
    if left >= 5 and memcmp(text + here, b"false", 5) == 0:
        value.end = here + 5
        return value.end
    return -1


# CSV: cells, quoted as a whole or not at all.


cdef bint _read_cells(
    const uint8_t* text, Py_ssize_t here, Py_ssize_t end, Py_ssize_t cell_count, Value* cells
) noexcept nogil:
    cdef Py_ssize_t found = 0
    if end - here > CSV_LINE_BYTES_MAX:
        return 0
    end = _without_return(text, here, end)
    while found < cell_count:
        cells[found].kind = TEXT
        if here < end and text[here] == b'"':
            here += 1
            cells[found].begin = here
            here = _plain_end(text, here, end, b'"', b'"')
            if here >= end or text[here] != b'"':
                return 0
            cells[found].end = here
            here += 1
        else:
            cells[found].begin = here
            here = _plain_end(text, here, end, b",", b'"')
            if here < end and text[here] != b",":
                return 0
            cells[found].end = here
        found += 1
        if here >= end:
            return found == cell_count
        if text[here] != b",":
            return 0
        here += 1
    return 0


# Values.


cdef inline bint _is_nothing(const Value* value) noexcept nogil:
    return (
        value.kind == NOT_SAID
        or value.kind == NOTHING
        or (value.kind == TEXT and value.begin == value.end)
    )


cdef inline bint _is_word(
    const uint8_t* text, const Value* value, const char* word, Py_ssize_t length
) noexcept nogil:
    return (
        value.end - value.begin == length and memcmp(text + value.begin, word, length) == 0
    )


cdef inline bint _digits(
    const uint8_t* text, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t most, int64_t* number
) noexcept nogil:
    cdef Py_ssize_t here
    number[0] = 0
    if not 0 < end - begin <= most:
        return 0
    for here in range(begin, end):
        if not b"0" <= text[here] <= b"9":
            return 0
        number[0] = number[0] * 10 + (text[here] - 48)
    return 1


cdef inline bint _whole(
    const uint8_t* text, const Value* value, Py_ssize_t most, int64_t* number
) noexcept nogil:
    if _is_nothing(value):
        number[0] = -1
        return 1
    return value.kind != FLAG and _digits(text, value.begin, value.end, most, number)


cdef inline bint _flag(const uint8_t* text, const Value* value, int8_t* flag) noexcept nogil:
    if _is_nothing(value):
        flag[0] = -1
    elif _is_word(text, value, b"true", 4) or _is_word(text, value, b"1", 1):
        flag[0] = 1
    elif _is_word(text, value, b"false", 5) or _is_word(text, value, b"0", 1):
        flag[0] = 0
    else:
        return 0
    return 1


cdef inline bint _billable_from(
    const uint8_t* text, const Value* value, int8_t* code
) noexcept nogil:
    if _is_nothing(value):
        code[0] = -1
    elif _is_word(text, value, b"answered", 8):
        code[0] = 0
    elif _is_word(text, value, b"bridged", 7):
        code[0] = 1
    else:
        return 0
    return 1


cdef inline int _two(const uint8_t* text) noexcept nogil:
    """Read two digits; something beyond any bound where they are none."""
    if b"0" <= text[0] <= b"9" and b"0" <= text[1] <= b"9":
        return (text[0] - 48) * 10 + (text[1] - 48)
    return 1_000_000


cdef bint _stamp(
    const uint8_t* text, Py_ssize_t length, int64_t* instant, int8_t* kind
) noexcept nogil:
    """Read YYYY-MM-DD, T or a space, HH:MM:SS, up to six decimals, and Z, ±HH:MM or nothing."""
    cdef Py_ssize_t here = 19
    cdef int64_t year, seconds, fraction = 0, scale = 1_000_000, offset_s = 0
    cdef int month, day, hour, minute, second
    if length < 19 or text[4] != b"-" or text[7] != b"-" or text[13] != b":" or text[16] != b":":
        return 0
    if text[10] != b"T" and text[10] != b" ":
        return 0
    year = _two(text) * 100 + _two(text + 2)
    month, day = _two(text + 5), _two(text + 8)
    hour, minute, second = _two(text + 11), _two(text + 14), _two(text + 17)
    if not (YEAR_MIN <= year <= YEAR_MAX and 1 <= month <= 12 and 1 <= day <= 31):
        return 0
    if day > _days_in(month, year) or hour > 23 or minute > 59 or second > 59:
        return 0
    if here < length and text[here] == b".":
        here += 1
        while here < length and b"0" <= text[here] <= b"9" and scale > 1:
            scale //= 10
            fraction += (text[here] - 48) * scale
            here += 1
        if scale == 1_000_000:
            return 0
    kind[0] = UTC
    if here == length:
        kind[0] = LOCAL
    elif length - here == 1 and text[here] == b"Z":
        pass
    elif (
        length - here == 6
        and (text[here] == b"+" or text[here] == b"-")
        and text[here + 3] == b":"
        and _two(text + here + 1) <= OFFSET_HOURS_MAX
        and _two(text + here + 4) <= 59
    ):
        offset_s = _two(text + here + 1) * 3_600 + _two(text + here + 4) * 60
        if text[here] == b"-":
            offset_s = -offset_s
    else:
        return 0
    seconds = hour * 3_600 + minute * 60 + second - offset_s
    instant[0] = (_days_since_1970(year, month, day) * 86_400 + seconds) * 1_000_000 + fraction
    return kind[0] == LOCAL or 0 <= instant[0] < INSTANT_US_LIMIT


cdef inline int _days_in(int month, int64_t year) noexcept nogil:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


cdef inline int64_t _days_since_1970(int64_t year, int month, int day) noexcept nogil:
    """Count days in the Gregorian calendar, the year taken to begin in March."""
    cdef int64_t since_march = (month + 9) % 12
    if month <= 2:
        year -= 1
    return (
        365 * year + year // 4 - year // 100 + year // 400
        + (153 * since_march + 2) // 5 + day - 1 - 719_468
    )
