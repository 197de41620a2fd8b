# cython: language_level=3
"""Price whole columns of calls: ``cdrpipe/rating/charge.py``, compiled."""

from libc.stdint cimport int32_t, int64_t, int8_t, uint16_t, uint8_t
from libc.string cimport memset

from cdrpipe._fast.charge cimport (
    BlockRow,
    CALENDAR_YEAR_UNCONFIRMED,
    CALLER_RATE_NOT_FOUND,
    CHARGE_TOO_LARGE,
    DOWN,
    GroupRow,
    HALF_EVEN,
    HALF_UP,
    NO_CLASSES,
    NO_LEAVES,
    NO_LIMIT,
    NO_RATE,
    NONE,
    RATE_NOT_FOUND,
    RateRow,
    StepRow,
    UNCONFIRMED,
    UP,
    VersionRow,
    int128_t,
)

REASON_CODES = {
    "RATE_NOT_FOUND": RATE_NOT_FOUND,
    "CALLER_RATE_NOT_FOUND": CALLER_RATE_NOT_FOUND,
    "CHARGE_TOO_LARGE": CHARGE_TOO_LARGE,
    "CALENDAR_YEAR_UNCONFIRMED": CALENDAR_YEAR_UNCONFIRMED,
}
ROUNDING_CODES = {"up": UP, "half_up": HALF_UP, "half_even": HALF_EVEN, "down": DOWN}

VERSION_FIELDS = sizeof(VersionRow) // sizeof(int32_t)
BLOCK_FIELDS = sizeof(BlockRow) // sizeof(int32_t)
GROUP_FIELDS = sizeof(GroupRow) // sizeof(int32_t)
RATE_FIELDS = sizeof(RateRow) // sizeof(int64_t)
STEP_FIELDS = sizeof(StepRow) // sizeof(int64_t)

cdef enum:
    RELATION_COUNT = 4
    KIND_COUNT = 7
    NOBODY_KIND = 6            # NUMBER_KINDS "none": nobody was bridged
    REGION_COUNT = 1_000_000   # region ids: two digits of the province, four of the area
    ENTERPRISE = 0             # positions in PAYING_PARTIES
    CALLER = 1

RELATION_CODES = RELATION_COUNT
KIND_CODES = KIND_COUNT
NOBODY_CODE = NOBODY_KIND
UNCONFIRMED_STATE = UNCONFIRMED
REGION_ID_LIMIT = REGION_COUNT

# 24 hours need 2^27 ms, 2^40 units in thousandths 2^50; rate_table.py proves the sums for it.
cdef int64_t _BILLABLE_MS_MAX = (<int64_t>1) << 50
BILLABLE_MS_MAX = _BILLABLE_MS_MAX

# Calls with a clock: about a year, from 1970 to 2199 (cdrpipe/mediation/instants.py).
cdef int64_t _CLOCKED_MS_MAX = (<int64_t>1) << 35
CLOCKED_MS_MAX = _CLOCKED_MS_MAX
cdef int64_t _INSTANT_US_LIMIT = 7_258_118_400_000_000
INSTANT_US_LIMIT = _INSTANT_US_LIMIT

cdef int64_t _INT64_MAX = 0x7FFFFFFFFFFFFFFF

# The start of a quantity without a clock.
cdef int64_t _NO_CLOCK = -_INT64_MAX - 1
NO_CLOCK = _NO_CLOCK

# 10^12 yuan: cdrpipe.money.CHARGE_MICROS_LIMIT. Every unit divides it.
cdef int64_t _CHARGE_MICROS_LIMIT = 1_000_000_000_000_000_000
CHARGE_MICROS_LIMIT = _CHARGE_MICROS_LIMIT


def charge_batch(
    const int32_t[::1] plan_version_index not None,
    const int8_t[::1] relation not None,
    const int8_t[::1] calling_kind not None,
    const int8_t[::1] answering_kind not None,
    const int32_t[::1] calling_region_id not None,
    const int32_t[::1] answering_region_id not None,
    const int64_t[::1] calling_number not None,
    const int32_t[::1] node not None,
    const int64_t[::1] enterprise_start_us not None,
    const int64_t[::1] caller_start_us not None,
    const int64_t[::1] enterprise_billable_ms not None,
    const int64_t[::1] caller_billable_ms not None,
    const uint8_t[::1] is_continuation not None,
    Py_ssize_t is_continuation_offset,
    const uint8_t[::1] is_priced not None,
    Py_ssize_t is_priced_offset,
    const int32_t[::1] versions not None,
    const int32_t[::1] leaves not None,
    const int32_t[::1] blocks not None,
    const int32_t[::1] cells not None,
    const int32_t[::1] groups not None,
    const int32_t[::1] members not None,
    const int32_t[::1] price_of_rate not None,
    const int64_t[::1] prices not None,
    const int64_t[::1] steps not None,
    const uint16_t[::1] region_slots not None,
    const uint16_t[::1] region_classes not None,
    const int64_t[::1] free_numbers not None,
    const int32_t[::1] timeline_start not None,
    const int64_t[::1] change_us not None,
    const int32_t[::1] state not None,
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
        (n,) codes. Of rows that are not priced nothing is looked at.
    calling_region_id, answering_region_id, calling_number
        (n,) 0 where not known; (0,) if none is.
    node
        (n,) the prefix's position in the version's book, -1 where none matches; (0,) if none does.
    enterprise_start_us, caller_start_us
        (n,) NO_CLOCK, or an instant of the time that the timelines cover; (0,) if none has a clock.
    enterprise_billable_ms, caller_billable_ms
        (n,) 0 to 2**50, with a clock 0 to 2**35.
    is_continuation, is_priced
        Arrow bitmaps, read from bit ``_offset`` on.
    versions, leaves, blocks, cells, groups, members, price_of_rate, prices, steps, region_slots, \
region_classes, free_numbers
        The columns of a ``RateTable``.
    timeline_start, change_us, state
        The columns of its ``Timelines``.
    enterprise_charge_micros, caller_charge_micros
        (n,) output; 0 where ``is_charged`` is not set.
    enterprise_rate_index, caller_rate_index
        (n,) output; the number of rates where there is none, one more for a free number's.
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
        Columns of different length, or a code, an instant or a time out of bounds in a row to be
        priced.
    """
    cdef Py_ssize_t row, row_count = plan_version_index.shape[0]
    cdef Py_ssize_t bitmap_bytes = (row_count + 7) // 8
    cdef int64_t suspended = 0, refused = 0
    cdef int outcome
    cdef Tables tables
    cdef Call call
    cdef Outputs outputs
    if not (
        row_count == relation.shape[0] == calling_kind.shape[0] == answering_kind.shape[0]
        == enterprise_billable_ms.shape[0] == caller_billable_ms.shape[0]
        == enterprise_charge_micros.shape[0] == caller_charge_micros.shape[0]
        == enterprise_rate_index.shape[0] == caller_rate_index.shape[0] == reason.shape[0]
        and _is_whole_or_absent(calling_region_id.shape[0], row_count)
        and _is_whole_or_absent(answering_region_id.shape[0], row_count)
        and _is_whole_or_absent(calling_number.shape[0], row_count)
        and _is_whole_or_absent(node.shape[0], row_count)
        and _is_whole_or_absent(enterprise_start_us.shape[0], row_count)
        and _is_whole_or_absent(caller_start_us.shape[0], row_count)
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
        versions.shape[0] % <Py_ssize_t>VERSION_FIELDS
        or blocks.shape[0] % <Py_ssize_t>BLOCK_FIELDS
        or groups.shape[0] % <Py_ssize_t>GROUP_FIELDS
        or prices.shape[0] % <Py_ssize_t>RATE_FIELDS
        or steps.shape[0] % <Py_ssize_t>STEP_FIELDS
        or region_slots.shape[0] != REGION_COUNT
        or change_us.shape[0] != state.shape[0]
    ):
        raise ValueError("columns of one rate table must belong together")
    if row_count == 0:
        return 0
    memset(&is_charged[0], 0, bitmap_bytes)
    tables.version_count = <int32_t>(versions.shape[0] // <Py_ssize_t>VERSION_FIELDS)
    tables.rate_count = <int32_t>price_of_rate.shape[0]
    tables.versions = <const VersionRow*>&versions[0] if versions.shape[0] else NULL
    tables.leaves = &leaves[0] if leaves.shape[0] else NULL
    tables.blocks = <const BlockRow*>&blocks[0] if blocks.shape[0] else NULL
    tables.cells = &cells[0] if cells.shape[0] else NULL
    tables.groups = <const GroupRow*>&groups[0] if groups.shape[0] else NULL
    tables.members = &members[0] if members.shape[0] else NULL
    tables.price_of_rate = &price_of_rate[0] if price_of_rate.shape[0] else NULL
    tables.prices = <const RateRow*>&prices[0] if prices.shape[0] else NULL
    tables.steps = <const StepRow*>&steps[0] if steps.shape[0] else NULL
    tables.region_slots = &region_slots[0]
    tables.region_classes = &region_classes[0] if region_classes.shape[0] else NULL
    tables.free_numbers = &free_numbers[0] if free_numbers.shape[0] else NULL
    tables.timeline_start = &timeline_start[0] if timeline_start.shape[0] else NULL
    tables.change_us = &change_us[0] if change_us.shape[0] else NULL
    tables.state = &state[0] if state.shape[0] else NULL
    call.calling_region_id = call.answering_region_id = 0
    call.calling_number = 0
    call.node = -1
    call.start_us[ENTERPRISE] = call.start_us[CALLER] = _NO_CLOCK
    with nogil:
        for row in range(row_count):
            outputs.charge_micros[ENTERPRISE] = outputs.charge_micros[CALLER] = 0
            outputs.rate_index[ENTERPRISE] = outputs.rate_index[CALLER] = tables.rate_count
            outcome = NONE
            if _bit(&is_priced[0], is_priced_offset + row):
                call.version = plan_version_index[row]
                call.relation = relation[row]
                call.calling_kind = calling_kind[row]
                call.answering_kind = answering_kind[row]
                if calling_region_id.shape[0]:
                    call.calling_region_id = calling_region_id[row]
                if answering_region_id.shape[0]:
                    call.answering_region_id = answering_region_id[row]
                if calling_number.shape[0]:
                    call.calling_number = calling_number[row]
                if node.shape[0]:
                    call.node = node[row]
                if enterprise_start_us.shape[0]:
                    call.start_us[ENTERPRISE] = enterprise_start_us[row]
                if caller_start_us.shape[0]:
                    call.start_us[CALLER] = caller_start_us[row]
                call.billable_ms[ENTERPRISE] = enterprise_billable_ms[row]
                call.billable_ms[CALLER] = caller_billable_ms[row]
                call.is_continuation = _bit(&is_continuation[0], is_continuation_offset + row)
                if _is_refused(&tables, &call):
                    refused += 1
                else:
                    outcome = _charge_row(&tables, &call, &outputs)
                    suspended += outcome != NONE
                    is_charged[row >> 3] |= <uint8_t>((outcome == NONE) << (row & 7))
            enterprise_charge_micros[row] = outputs.charge_micros[ENTERPRISE]
            caller_charge_micros[row] = outputs.charge_micros[CALLER]
            enterprise_rate_index[row] = outputs.rate_index[ENTERPRISE]
            caller_rate_index[row] = outputs.rate_index[CALLER]
            reason[row] = <uint8_t>outcome
    if refused:
        raise ValueError(
            f"{refused} rows to be priced have a plan version, relation, kind, region, prefix, "
            "start or billable time out of bounds"
        )
    return suspended


cdef struct Tables:
    int32_t version_count
    int32_t rate_count
    const VersionRow* versions
    const int32_t* leaves
    const BlockRow* blocks
    const int32_t* cells
    const GroupRow* groups
    const int32_t* members
    const int32_t* price_of_rate
    const RateRow* prices
    const StepRow* steps
    const uint16_t* region_slots
    const uint16_t* region_classes
    const int64_t* free_numbers
    const int32_t* timeline_start
    const int64_t* change_us
    const int32_t* state


cdef struct Call:
    int32_t version
    int32_t node
    int32_t calling_region_id
    int32_t answering_region_id
    int64_t calling_number
    int64_t start_us[2]
    int64_t billable_ms[2]
    int8_t relation
    int8_t calling_kind
    int8_t answering_kind
    bint is_continuation


cdef struct Outputs:
    int64_t charge_micros[2]
    int32_t rate_index[2]


cdef inline bint _is_whole_or_absent(Py_ssize_t length, Py_ssize_t row_count) noexcept nogil:
    return length == row_count or length == 0


cdef inline bint _bit(const uint8_t* bitmap, Py_ssize_t position) noexcept nogil:
    return (bitmap[position >> 3] >> (position & 7)) & 1


cdef inline bint _is_refused(const Tables* tables, const Call* call) noexcept nogil:
    return (
        call.version < 0 or call.version >= tables.version_count
        or call.relation < 0 or call.relation >= RELATION_COUNT
        or call.calling_kind < 0 or call.calling_kind >= KIND_COUNT
        or call.answering_kind < 0 or call.answering_kind >= KIND_COUNT
        or call.calling_region_id < 0 or call.calling_region_id >= REGION_COUNT
        or call.answering_region_id < 0 or call.answering_region_id >= REGION_COUNT
        or call.node < -1 or call.node >= tables.versions[call.version].node_count
        or _is_time_refused(call.start_us[ENTERPRISE], call.billable_ms[ENTERPRISE])
        or _is_time_refused(call.start_us[CALLER], call.billable_ms[CALLER])
    )


cdef inline bint _is_time_refused(int64_t start_us, int64_t billable_ms) noexcept nogil:
    if start_us == _NO_CLOCK:
        return billable_ms < 0 or billable_ms > _BILLABLE_MS_MAX
    return (
        billable_ms < 0 or billable_ms > _CLOCKED_MS_MAX
        or start_us < 0 or start_us >= _INSTANT_US_LIMIT
    )


cdef inline int _charge_row(
    const Tables* tables, const Call* call, Outputs* outputs,
) noexcept nogil:
    cdef const VersionRow* version = &tables.versions[call.version]
    cdef int outcome, callers = NONE
    if version.free_start < version.free_end and _is_free(tables, version, call.calling_number):
        outputs.rate_index[ENTERPRISE] = tables.rate_count + 1
        if version.has_caller_rate:
            outputs.rate_index[CALLER] = tables.rate_count + 1
        return NONE
    outcome = _share(tables, version, call, ENTERPRISE, RATE_NOT_FOUND, outputs)
    if version.has_caller_rate:
        callers = _share(tables, version, call, CALLER, CALLER_RATE_NOT_FOUND, outputs)
    if outcome != NONE or callers != NONE:
        outputs.charge_micros[ENTERPRISE] = outputs.charge_micros[CALLER] = 0
        return _preceding(outcome, callers)
    if version.is_split_rest:
        outputs.charge_micros[CALLER] = min(
            outputs.charge_micros[CALLER], outputs.charge_micros[ENTERPRISE]
        )
        outputs.charge_micros[ENTERPRISE] -= outputs.charge_micros[CALLER]
    return NONE


cdef inline bint _is_free(
    const Tables* tables, const VersionRow* version, int64_t number,
) noexcept nogil:
    cdef int32_t low = version.free_start, high = version.free_end, middle
    while low < high:
        middle = low + (high - low) // 2
        if tables.free_numbers[middle] < number:
            low = middle + 1
        else:
            high = middle
    return low < version.free_end and tables.free_numbers[low] == number


# Of two outcomes the reason that precedes in SuspenseReason: the calendar's, else the lower number.
cdef inline int _preceding(int one, int other) noexcept nogil:
    if one == NONE or other == NONE:
        return one + other
    if one == CALENDAR_YEAR_UNCONFIRMED or other == CALENDAR_YEAR_UNCONFIRMED:
        return CALENDAR_YEAR_UNCONFIRMED
    return min(one, other)


# One party's charge and the rate at its start; the rate stays named where there is no charge.
cdef inline int _share(
    const Tables* tables, const VersionRow* version, const Call* call, int party, int not_found,
    Outputs* outputs,
) noexcept nogil:
    cdef int32_t cell = _cell(tables, version, call, party), slot, rate
    cdef int32_t timeline = 0
    cdef const GroupRow* group
    if cell >= tables.rate_count:
        group = &tables.groups[cell - tables.rate_count]
        slot = group.band_count
        if call.start_us[party] != _NO_CLOCK:
            timeline = _timeline_at(tables, group.band_set, call.start_us[party])
            slot = tables.state[timeline]
            if slot == UNCONFIRMED:
                return CALENDAR_YEAR_UNCONFIRMED
        rate = tables.members[group.members_start + slot]
        if rate == NO_RATE:
            return not_found
        outputs.rate_index[party] = rate
        if version.is_walked and call.start_us[party] != _NO_CLOCK and call.billable_ms[party]:
            return _walk(tables, call, party, group, timeline, not_found, outputs)
    else:
        rate = cell
        if rate == NO_RATE:
            return not_found
        outputs.rate_index[party] = rate
    return _whole(tables, call, party, &tables.prices[tables.price_of_rate[rate]], outputs)


cdef inline int32_t _cell(
    const Tables* tables, const VersionRow* version, const Call* call, int party,
) noexcept nogil:
    cdef int32_t leaf = version.root_leaf[party], calling_class = 0, answering_class = 0
    cdef const BlockRow* block
    cdef const uint16_t* classes
    if call.node >= 0 and version.leaves_start[party] != NO_LEAVES:
        leaf = tables.leaves[version.leaves_start[party] + call.node]
    if leaf >= NO_RATE:
        return leaf
    block = &tables.blocks[-2 - leaf]
    if version.classes_start != NO_CLASSES:
        # A pair a slot: the class as a caller's region, the class as the answering number's.
        classes = tables.region_classes + 2 * <Py_ssize_t>version.classes_start
        calling_class = classes[2 * tables.region_slots[call.calling_region_id]]
        # Slot 0 is the regions that no rate names: where nobody was bridged none matches.
        if call.answering_kind == NOBODY_KIND:
            answering_class = classes[1]
        else:
            answering_class = classes[2 * tables.region_slots[call.answering_region_id] + 1]
    return tables.cells[
        block.cells_start + calling_class * block.calling_class
        + answering_class * block.answering_class + call.relation * block.relation
        + call.calling_kind * block.calling_kind + call.answering_kind * block.answering_kind
    ]


# The last entry of the timeline that is not after the instant. The first is before all instants.
cdef inline int32_t _timeline_at(
    const Tables* tables, int32_t band_set, int64_t at_us,
) noexcept nogil:
    cdef int32_t low = tables.timeline_start[band_set]
    cdef int32_t high = tables.timeline_start[band_set + 1] - 1, middle
    while high - low > 1:
        middle = low + (high - low) // 2
        if tables.change_us[middle] <= at_us:
            low = middle
        else:
            high = middle
    return low


# The numbers here and below are those of `reckon` in rating/reckoning.py. Bounds: rate_table.py
# holds every weight and divisor below 2^62. Pieces join without a gap and end less than one
# increment behind the call, so all of them together owe less than 2^50 ms + 24 h: the sum of
# time * weight and the fee stays below 2^127, and twice a remainder below 2^63.
cdef inline int _whole(
    const Tables* tables, const Call* call, int party, const RateRow* price, Outputs* outputs,
) noexcept nogil:
    cdef int128_t scaled = 0
    cdef int64_t position_ms = 0
    if call.billable_ms[party] == 0:  # 1.
        return NONE
    _add_steps(tables, price, call.billable_ms[party], &position_ms, &scaled)  # 2.
    return _settle(call, party, price, price, scaled, outputs)


# Walk the call from the band at its start on, which has a rate.
cdef int _walk(
    const Tables* tables, const Call* call, int party, const GroupRow* group, int32_t timeline,
    int not_found, Outputs* outputs,
) noexcept nogil:
    cdef const RateRow* price
    cdef const RateRow* first = NULL
    cdef const RateRow* finest = NULL
    cdef int64_t start_us = call.start_us[party], billable_ms = call.billable_ms[party]
    cdef int64_t position_ms = 0, until_ms, next_us
    cdef int128_t scaled = 0
    cdef int32_t slot, rate
    while True:
        slot = tables.state[timeline]
        if slot == UNCONFIRMED:
            return CALENDAR_YEAR_UNCONFIRMED
        rate = tables.members[group.members_start + slot]
        if rate == NO_RATE:
            return not_found
        price = &tables.prices[tables.price_of_rate[rate]]
        if first == NULL:
            first = finest = price
        elif price.unit_micros < finest.unit_micros:
            finest = price
        # The last entry of a timeline stands at the end of time.
        next_us = tables.change_us[timeline + 1]
        until_ms = billable_ms
        if next_us != _INT64_MAX:
            until_ms = min(until_ms, (next_us - start_us + 999) // 1000)
        _add_steps(tables, price, until_ms, &position_ms, &scaled)
        if position_ms >= billable_ms:
            break
        while tables.change_us[timeline + 1] <= start_us + position_ms * 1000:
            timeline += 1
    return _settle(call, party, first, finest, scaled, outputs)


# Add the whole increments of one rate from the position on, and move it to their end.
cdef inline void _add_steps(
    const Tables* tables, const RateRow* price, int64_t until_ms, int64_t* position_ms,
    int128_t* scaled,
) noexcept nogil:
    cdef int64_t left_ms, owed_ms, index
    cdef const StepRow* step
    for index in range(price.first_step, price.end_step):
        step = &tables.steps[index]
        left_ms = min(step.end_ms, until_ms) - position_ms[0]
        if left_ms > 0:
            # Ceil, not round: a started increment is owed in full.
            owed_ms = (left_ms + step.increment_ms - 1) // step.increment_ms * step.increment_ms
            scaled[0] += <int128_t>owed_ms * step.weight
            position_ms[0] += owed_ms


cdef inline int _settle(
    const Call* call, int party, const RateRow* first, const RateRow* finest, int128_t scaled,
    Outputs* outputs,
) noexcept nogil:
    if not call.is_continuation:  # 3.
        scaled += <int128_t>first.connect_fee_micros * first.denominator
    if first.maximum_micros != NO_LIMIT:  # 4.
        if scaled > <int128_t>first.maximum_micros * first.denominator:
            scaled = <int128_t>first.maximum_micros * first.denominator
    if first.minimum_micros != NO_LIMIT:
        if scaled < <int128_t>first.minimum_micros * first.denominator:
            scaled = <int128_t>first.minimum_micros * first.denominator
    outputs.charge_micros[party] = _round_once(finest, scaled)  # 5.
    return CHARGE_TOO_LARGE if outputs.charge_micros[party] >= _CHARGE_MICROS_LIMIT else NONE


# The charge, or CHARGE_MICROS_LIMIT for any charge that is not below it.
cdef inline int64_t _round_once(const RateRow* rate, int128_t scaled) noexcept nogil:
    cdef int64_t units, remainder
    # Every unit divides the limit: what is below it exactly is at most it when rounded.
    if scaled >= <int128_t>_CHARGE_MICROS_LIMIT * rate.denominator:
        return _CHARGE_MICROS_LIMIT
    if scaled <= _INT64_MAX:
        # A 64-bit division takes a third of the time of a 128-bit one; nearly every call is here.
        units = <int64_t>scaled // rate.divisor
        remainder = <int64_t>scaled - units * rate.divisor
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
