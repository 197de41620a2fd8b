# cython: language_level=3
"""Price whole columns of calls: ``cdrpipe/rating/charge.py``, compiled."""

from libc.stdint cimport int32_t, int64_t, int8_t, uint8_t
from libc.string cimport memset

from cdrpipe._fast.charge cimport (
    CALLER_RATE_NOT_FOUND,
    CHARGE_TOO_LARGE,
    DOWN,
    HALF_EVEN,
    HALF_UP,
    NO_LIMIT,
    NONE,
    RATE_NOT_FOUND,
    RateRow,
    StepRow,
    UP,
    int128_t,
)

REASON_CODES = {
    "RATE_NOT_FOUND": RATE_NOT_FOUND,
    "CALLER_RATE_NOT_FOUND": CALLER_RATE_NOT_FOUND,
    "CHARGE_TOO_LARGE": CHARGE_TOO_LARGE,
}
ROUNDING_CODES = {"up": UP, "half_up": HALF_UP, "half_even": HALF_EVEN, "down": DOWN}

RATE_FIELDS = sizeof(RateRow) // sizeof(int64_t)
STEP_FIELDS = sizeof(StepRow) // sizeof(int64_t)

cdef enum:
    RELATION_COUNT = 4
    KIND_COUNT = 7
    PARTY_CELLS = RELATION_COUNT * KIND_COUNT * KIND_COUNT
    VERSION_CELLS = 2 * PARTY_CELLS

RELATION_CODES = RELATION_COUNT
KIND_CODES = KIND_COUNT

# 24 hours need 2^27 ms, 2^40 units in thousandths 2^50; rate_table.py proves the sums for it.
cdef int64_t _BILLABLE_MS_MAX = (<int64_t>1) << 50
BILLABLE_MS_MAX = _BILLABLE_MS_MAX

# 10^12 yuan: cdrpipe.money.CHARGE_MICROS_LIMIT. Every unit divides it.
cdef int64_t _CHARGE_MICROS_LIMIT = 1_000_000_000_000_000_000
CHARGE_MICROS_LIMIT = _CHARGE_MICROS_LIMIT

cdef int64_t _INT64_MAX = 0x7FFFFFFFFFFFFFFF


def charge_batch(
    const int32_t[::1] plan_version_index not None,
    const int8_t[::1] relation not None,
    const int8_t[::1] calling_kind not None,
    const int8_t[::1] answering_kind not None,
    const int64_t[::1] enterprise_billable_ms not None,
    const int64_t[::1] caller_billable_ms not None,
    const uint8_t[::1] is_continuation not None,
    Py_ssize_t is_continuation_offset,
    const uint8_t[::1] is_priced not None,
    Py_ssize_t is_priced_offset,
    const int64_t[::1] rates not None,
    const int64_t[::1] steps not None,
    const int32_t[::1] rate_index not None,
    const uint8_t[::1] is_split_rest not None,
    const uint8_t[::1] has_caller_rate not None,
    int64_t[::1] enterprise_charge_micros not None,
    int64_t[::1] caller_charge_micros not None,
    int32_t[::1] enterprise_rate_index not None,
    int32_t[::1] caller_rate_index not None,
    uint8_t[::1] is_charged not None,
    uint8_t[::1] reason not None,
):
    """Price every row that is to be priced.

    Parameters
    ----------
    plan_version_index, relation, calling_kind, answering_kind
        (n,) codes; of rows that are not priced they are not looked at.
    enterprise_billable_ms, caller_billable_ms
        (n,) 0 to 2**50.
    is_continuation, is_priced
        Arrow bitmaps, read from bit ``_offset`` on.
    rates, steps, rate_index, is_split_rest, has_caller_rate
        The columns of a ``RateTable``.
    enterprise_charge_micros, caller_charge_micros
        (n,) output; 0 where ``is_charged`` is not set.
    enterprise_rate_index, caller_rate_index
        (n,) output; the number of rates where there is none.
    is_charged
        Output, Arrow bitmap: the row has both charges.
    reason
        (n,) output; 0 or a number of ``SuspenseReason``.

    Returns
    -------
    How many rows were suspended.

    Raises
    ------
    ValueError
        Columns of different length, or a code or a time out of bounds in a row to be priced.
    """
    cdef Py_ssize_t row, row_count = plan_version_index.shape[0]
    cdef Py_ssize_t bitmap_bytes = (row_count + 7) // 8
    cdef int32_t rate_count = <int32_t>(rates.shape[0] // <Py_ssize_t>RATE_FIELDS)
    cdef int32_t version_count = <int32_t>has_caller_rate.shape[0]
    cdef int64_t suspended = 0, refused = 0
    cdef int outcome
    cdef Tables tables
    cdef Outputs outputs
    if not (
        row_count == relation.shape[0] == calling_kind.shape[0] == answering_kind.shape[0]
        == enterprise_billable_ms.shape[0] == caller_billable_ms.shape[0]
        == enterprise_charge_micros.shape[0] == caller_charge_micros.shape[0]
        == enterprise_rate_index.shape[0] == caller_rate_index.shape[0] == reason.shape[0]
    ):
        raise ValueError("columns of one batch must have one length")
    if (
        is_charged.shape[0] < bitmap_bytes
        or is_continuation.shape[0] * 8 < is_continuation_offset + row_count
        or is_priced.shape[0] * 8 < is_priced_offset + row_count
        or is_continuation_offset < 0
        or is_priced_offset < 0
    ):
        raise ValueError("a bitmap must hold a bit for every row")
    if (
        rate_index.shape[0] != <Py_ssize_t>version_count * VERSION_CELLS
        or is_split_rest.shape[0] != version_count
    ):
        raise ValueError("columns of one rate table must belong together")
    if row_count == 0:
        return 0
    memset(&is_charged[0], 0, bitmap_bytes)
    tables.rates = <const RateRow*>&rates[0] if rate_count else NULL
    tables.steps = <const StepRow*>&steps[0] if rate_count else NULL
    tables.rate_index = &rate_index[0] if version_count else NULL
    tables.is_split_rest = &is_split_rest[0] if version_count else NULL
    tables.has_caller_rate = &has_caller_rate[0] if version_count else NULL
    with nogil:
        for row in range(row_count):
            outputs.enterprise_charge_micros = 0
            outputs.caller_charge_micros = 0
            outputs.enterprise_rate_index = -1
            outputs.caller_rate_index = -1
            outcome = NONE
            if _bit(&is_priced[0], is_priced_offset + row):
                if _is_refused(
                    plan_version_index[row], version_count, relation[row], calling_kind[row],
                    answering_kind[row], enterprise_billable_ms[row], caller_billable_ms[row],
                ):
                    refused += 1
                else:
                    outcome = _charge_row(
                        &tables, plan_version_index[row],
                        (relation[row] * KIND_COUNT + calling_kind[row]) * KIND_COUNT
                        + answering_kind[row],
                        enterprise_billable_ms[row], caller_billable_ms[row],
                        _bit(&is_continuation[0], is_continuation_offset + row), &outputs,
                    )
                    suspended += outcome != NONE
                    is_charged[row >> 3] |= <uint8_t>((outcome == NONE) << (row & 7))
            enterprise_charge_micros[row] = outputs.enterprise_charge_micros
            caller_charge_micros[row] = outputs.caller_charge_micros
            enterprise_rate_index[row] = _or_count(outputs.enterprise_rate_index, rate_count)
            caller_rate_index[row] = _or_count(outputs.caller_rate_index, rate_count)
            reason[row] = <uint8_t>outcome
    if refused:
        raise ValueError(
            f"{refused} rows to be priced have a plan version, relation, kind or billable time "
            "out of bounds"
        )
    return suspended


cdef struct Tables:
    const RateRow* rates
    const StepRow* steps
    const int32_t* rate_index
    const uint8_t* is_split_rest
    const uint8_t* has_caller_rate


cdef struct Outputs:
    int64_t enterprise_charge_micros
    int64_t caller_charge_micros
    int32_t enterprise_rate_index
    int32_t caller_rate_index


cdef inline bint _bit(const uint8_t* bitmap, Py_ssize_t position) noexcept nogil:
    return (bitmap[position >> 3] >> (position & 7)) & 1


cdef inline int32_t _or_count(int32_t index, int32_t rate_count) noexcept nogil:
    return rate_count if index < 0 else index


cdef inline bint _is_refused(
    int32_t version, int32_t version_count, int8_t relation, int8_t calling_kind,
    int8_t answering_kind, int64_t enterprise_billable_ms, int64_t caller_billable_ms,
) noexcept nogil:
    return (
        version < 0 or version >= version_count
        or relation < 0 or relation >= RELATION_COUNT
        or calling_kind < 0 or calling_kind >= KIND_COUNT
        or answering_kind < 0 or answering_kind >= KIND_COUNT
        or enterprise_billable_ms < 0 or enterprise_billable_ms > _BILLABLE_MS_MAX
        or caller_billable_ms < 0 or caller_billable_ms > _BILLABLE_MS_MAX
    )


cdef inline int _charge_row(
    const Tables* tables, int32_t version, int cell, int64_t enterprise_billable_ms,
    int64_t caller_billable_ms, bint is_continuation, Outputs* outputs,
) noexcept nogil:
    cdef const int32_t* winners = tables.rate_index + <Py_ssize_t>version * VERSION_CELLS + cell
    cdef int64_t total, own = 0
    outputs.enterprise_rate_index = winners[0]
    outputs.caller_rate_index = winners[PARTY_CELLS]
    if outputs.enterprise_rate_index < 0:
        return RATE_NOT_FOUND
    if outputs.caller_rate_index < 0 and tables.has_caller_rate[version]:
        return CALLER_RATE_NOT_FOUND
    total = _charge(
        &tables.rates[outputs.enterprise_rate_index], tables.steps, enterprise_billable_ms,
        is_continuation,
    )
    if outputs.caller_rate_index >= 0:
        own = _charge(
            &tables.rates[outputs.caller_rate_index], tables.steps, caller_billable_ms,
            is_continuation,
        )
    if total >= _CHARGE_MICROS_LIMIT or own >= _CHARGE_MICROS_LIMIT:
        return CHARGE_TOO_LARGE
    if tables.is_split_rest[version]:
        own = min(own, total)
        total -= own
    outputs.enterprise_charge_micros = total
    outputs.caller_charge_micros = own
    return NONE


# The charge, or CHARGE_MICROS_LIMIT for any charge that is not below it. The numbers are those of
# rating/charge.py. Bounds: rate_table.py holds every weight and divisor below 2^62, so the sum of
# (2^50 + 24 h) * weight and the fee stays below 2^127, and twice a remainder below 2^63.
cdef inline int64_t _charge(
    const RateRow* rate, const StepRow* steps, int64_t billable_ms, bint is_continuation,
) noexcept nogil:
    cdef int128_t scaled
    if billable_ms == 0:  # 1.
        return 0
    scaled = _price_of_time(rate, steps, billable_ms)  # 2.
    if not is_continuation:  # 3.
        scaled += <int128_t>rate.connect_fee_micros * rate.denominator
    if rate.maximum_micros != NO_LIMIT:  # 4.
        if scaled > <int128_t>rate.maximum_micros * rate.denominator:
            scaled = <int128_t>rate.maximum_micros * rate.denominator
    if rate.minimum_micros != NO_LIMIT:
        if scaled < <int128_t>rate.minimum_micros * rate.denominator:
            scaled = <int128_t>rate.minimum_micros * rate.denominator
    return _round_once(rate, scaled)  # 5.


cdef inline int128_t _price_of_time(
    const RateRow* rate, const StepRow* steps, int64_t billable_ms,
) noexcept nogil:
    cdef int128_t scaled = 0
    cdef int64_t position_ms = 0, left_ms, owed_ms, index
    for index in range(rate.first_step, rate.end_step):
        left_ms = min(steps[index].end_ms, billable_ms) - position_ms
        if left_ms > 0:
            # Ceil, not round: a started increment is owed in full.
            owed_ms = (left_ms + steps[index].increment_ms - 1) // steps[index].increment_ms
            owed_ms *= steps[index].increment_ms
            scaled += <int128_t>owed_ms * steps[index].weight
            position_ms += owed_ms
    return scaled


cdef inline int64_t _round_once(const RateRow* rate, int128_t scaled) noexcept nogil:
    cdef int64_t limit_units = _CHARGE_MICROS_LIMIT // rate.unit_micros
    cdef int64_t units, remainder
    if scaled >= <int128_t>limit_units * rate.divisor:
        return _CHARGE_MICROS_LIMIT
    if scaled <= _INT64_MAX:
        # A 64-bit division takes a third of the time of a 128-bit one; nearly every call is here.
        units = <int64_t>scaled // rate.divisor
    else:
        units = <int64_t>(scaled // rate.divisor)
    remainder = <int64_t>(scaled - <int128_t>units * rate.divisor)
    if rate.rounding == UP:
        units += remainder > 0
    elif rate.rounding == HALF_UP:
        units += 2 * remainder >= rate.divisor
    elif rate.rounding == HALF_EVEN:
        # Exactly half way: to the even neighbour, so an odd unit goes up.
        units += 2 * remainder + (units & 1) > rate.divisor
    return units * rate.unit_micros
