# cython: language_level=3
"""Validation, owner, clocks and relation of whole calls: the rules of ``cdr/validate.py``,
``guiding/ownership.py``, ``rating/clock.py`` and ``cdr/relation.py``, compiled into one pass."""

from libc.stdint cimport int32_t, int64_t, int8_t, uint8_t
from libc.string cimport memset

cdef enum:
    # cdrpipe.cdr.duplicate.Verdict
    VERDICT_NEW = 0
    VERDICT_CONFLICT = 2
    # cdrpipe.cdr.suspense.SuspenseReason
    CONFLICTS_WITH_COMMITTED_RECORD = 3
    NO_INSTANT_STATED = 6
    RELEASED_AT_MISSING = 7
    RELEASED_BEFORE_STARTED = 8
    LONGER_THAN_24_HOURS = 9
    STARTS_IN_THE_FUTURE = 10
    BILLABLE_WITHOUT_ANSWER = 11
    SERVICE_NUMBER_NOT_OWNED = 12
    BRIDGE_NOT_STATED_BY_SOURCE = 13
    NO_PLAN_IN_FORCE = 14
    # cdrpipe.cdr.schema.NUMBER_KINDS
    UNKNOWN_KIND = 0
    SERVICE_KIND = 3
    PRIVACY_KIND = 5
    NOBODY_KIND = 6
    # cdrpipe.cdr.schema.RELATIONS
    RELATION_UNKNOWN = 0
    RELATION_LOCAL = 1
    RELATION_LONG_DISTANCE = 2
    RELATION_INTERNATIONAL = 3

cdef enum:
    # cdrpipe.cdr.schema.OUTCOMES
    RATED = 0
    UNANSWERED = 1
    DUPLICATE = 3
    SUSPENDED = 4

OUTCOME_CODES = {
    "rated": RATED, "unanswered": UNANSWERED, "duplicate": DUPLICATE, "suspended": SUSPENDED
}
REASON_CODES = {
    "CONFLICTS_WITH_COMMITTED_RECORD": CONFLICTS_WITH_COMMITTED_RECORD,
    "NO_INSTANT_STATED": NO_INSTANT_STATED,
    "RELEASED_AT_MISSING": RELEASED_AT_MISSING,
    "RELEASED_BEFORE_STARTED": RELEASED_BEFORE_STARTED,
    "LONGER_THAN_24_HOURS": LONGER_THAN_24_HOURS,
    "STARTS_IN_THE_FUTURE": STARTS_IN_THE_FUTURE,
    "BILLABLE_WITHOUT_ANSWER": BILLABLE_WITHOUT_ANSWER,
    "SERVICE_NUMBER_NOT_OWNED": SERVICE_NUMBER_NOT_OWNED,
    "BRIDGE_NOT_STATED_BY_SOURCE": BRIDGE_NOT_STATED_BY_SOURCE,
    "NO_PLAN_IN_FORCE": NO_PLAN_IN_FORCE,
}
KIND_CODES = {
    "unknown": UNKNOWN_KIND, "service": SERVICE_KIND, "privacy": PRIVACY_KIND, "none": NOBODY_KIND
}
RELATION_CODES = {
    "unknown": RELATION_UNKNOWN,
    "local": RELATION_LOCAL,
    "long_distance": RELATION_LONG_DISTANCE,
    "international": RELATION_INTERNATIONAL,
}
VERDICT_CODES = {"NEW": VERDICT_NEW, "CONFLICT": VERDICT_CONFLICT}

cdef int64_t _INT64_MAX = 0x7FFFFFFFFFFFFFFF
cdef int64_t _ABSENT = -_INT64_MAX - 1
# An instant or a length that is not there; no source states it.
ABSENT = _ABSENT

cdef int64_t _LONGEST_MS = 24 * 3_600_000
CALL_MS_MAX = _LONGEST_MS
cdef int64_t _FUTURE_TOLERANCE_US = 3_600_000_000
FUTURE_TOLERANCE_US = _FUTURE_TOLERANCE_US

cdef enum:
    BEYOND_COUNT = 4

cdef enum:
    NOT_COUNTED = -1
    COUNTED_FROM_ANSWER = 0
    COUNTED_FROM_BRIDGE = 1

BILLABLE_FROM_CODES = {"answered": COUNTED_FROM_ANSWER, "bridged": COUNTED_FROM_BRIDGE}

cdef struct Owner:
    int64_t from_us
    int64_t until_us
    int32_t is_bridged         # the enterprise's clock starts at the bridge
    int32_t answered_start     # sources [answered_start, answered_end) whose answer is the bridge
    int32_t answered_end
    int32_t unused

cdef struct Stretch:
    int64_t from_us
    int64_t until_us
    int32_t account
    int32_t subscription       # -1: none
    int32_t version            # -1: none in force
    int32_t home_region_id

OWNER_BYTES = sizeof(Owner)
STRETCH_BYTES = sizeof(Stretch)

cdef struct Guide:
    const int32_t* owner_start
    const Owner* owners
    const int32_t* stretch_start
    const Stretch* stretches
    const int32_t* answered_for
    int32_t slot_count

cdef struct Record:
    int64_t setup_us
    int64_t answered_us
    int64_t bridged_us
    int64_t released_us
    int64_t billable_ms
    int8_t billable_from
    bint bridged_stated

cdef struct Clocks:
    int64_t billed_from_us
    int64_t started_us
    int64_t enterprise_ms
    int64_t caller_ms
    bint is_unstated


def guide_calls(
    const uint8_t[::1] verdict not None,
    const int32_t[::1] number_code not None,
    const int32_t[::1] slot_of_number not None,
    const int32_t[::1] source_code not None,
    const int32_t[::1] answered_for_source not None,
    const int64_t[::1] setup_at_us not None,
    const int64_t[::1] answered_at_us not None,
    const int64_t[::1] bridged_at_us not None,
    const int64_t[::1] released_at_us not None,
    const int64_t[::1] billable_ms not None,
    const int32_t[::1] billable_from_code not None,
    const int8_t[::1] billable_from_of_code not None,
    const uint8_t[::1] bridged_stated not None,
    Py_ssize_t bridged_stated_offset,
    const int8_t[::1] calling_kind not None,
    const int32_t[::1] calling_region_id not None,
    const int32_t[::1] answering_region_id not None,
    const int32_t[::1] owner_start not None,
    const uint8_t[::1] owners not None,
    const int32_t[::1] stretch_start not None,
    const uint8_t[::1] stretches not None,
    const int32_t[::1] answered_for not None,
    const int32_t[::1] beyond_region_ids not None,
    int64_t now_us,
    int8_t[::1] answering_kind not None,
    uint8_t[::1] reason not None,
    int64_t[::1] billing_started_us not None,
    int64_t[::1] enterprise_start_us not None,
    int64_t[::1] caller_start_us not None,
    int64_t[::1] enterprise_ms not None,
    int64_t[::1] caller_ms not None,
    int32_t[::1] account not None,
    int32_t[::1] subscription not None,
    int32_t[::1] version not None,
    int8_t[::1] relation not None,
    uint8_t[::1] is_priced not None,
):
    """Find of every record what speaks against it, whose call it is, and how long it is.

    Parameters
    ----------
    verdict
        (n,) codes of ``Verdict``. Of a record that is not new only the first stamp is looked at.
    number_code, slot_of_number
        (n,) position of the service number in ``slot_of_number``, which has its slot in the guide
        or -1 where nobody ever owned it.
    source_code, answered_for_source
        (n,) position of the source, and its number in ``answered_for``, -1 where it has none.
    setup_at_us, answered_at_us, bridged_at_us, released_at_us, billable_ms
        (n,) ABSENT where null.
    billable_from_code, billable_from_of_code
        (n,) position of the word, and what it says: BILLABLE_FROM_CODES, -1 where nothing.
    bridged_stated
        Arrow bitmap, read from bit ``bridged_stated_offset`` on.
    calling_kind, calling_region_id, answering_region_id
        (n,) of the normalised numbers.
    owner_start, owners, stretch_start, stretches, answered_for
        The columns of a ``GuideSlots``.
    beyond_region_ids
        (4,) regions outside the mainland.
    now_us
        When the records were received.
    answering_kind
        (n,) in and out: "none" where nobody was bridged.
    reason
        (n,) output: 0 or a number of ``SuspenseReason``.
    billing_started_us, enterprise_start_us, caller_start_us, enterprise_ms, caller_ms
        (n,) outputs, ABSENT where there is none.
    account, subscription, version, relation
        (n,) outputs, -1 where there is none.
    is_priced
        Output, Arrow bitmap: the call was answered and nothing speaks against it so far.

    Raises
    ------
    ValueError
        Columns of different length, or a code or a slot out of bounds.
    """
    cdef Py_ssize_t row, row_count = verdict.shape[0]
    cdef Py_ssize_t bitmap_bytes = (row_count + 7) // 8
    cdef Guide guide
    cdef Record record
    cdef Clocks clocks
    cdef const Owner* owner
    cdef const Stretch* stretch
    cdef int32_t slot, number, source, counted
    cdef int64_t first_us, again_us
    cdef bint is_answered, is_nobody, is_bridged, answer_is_bridge
    cdef int what, refused = 0
    if not (
        row_count == number_code.shape[0] == source_code.shape[0] == setup_at_us.shape[0]
        == answered_at_us.shape[0] == bridged_at_us.shape[0] == released_at_us.shape[0]
        == billable_ms.shape[0] == billable_from_code.shape[0] == calling_kind.shape[0]
        == calling_region_id.shape[0] == answering_region_id.shape[0] == answering_kind.shape[0]
        == reason.shape[0] == billing_started_us.shape[0] == enterprise_start_us.shape[0]
        == caller_start_us.shape[0] == enterprise_ms.shape[0] == caller_ms.shape[0]
        == account.shape[0] == subscription.shape[0] == version.shape[0] == relation.shape[0]
    ):
        raise ValueError("columns of one batch must have one length")
    if (
        is_priced.shape[0] < bitmap_bytes
        or bridged_stated_offset < 0
        or bridged_stated.shape[0] * 8 < bridged_stated_offset + row_count
    ):
        raise ValueError("a bitmap must hold a bit for every row")
    guide.slot_count = <int32_t> (owner_start.shape[0] - 1)
    if (
        owner_start.shape[0] < 1
        or stretch_start.shape[0] != owner_start.shape[0]
        or owners.shape[0] % <Py_ssize_t> OWNER_BYTES
        or stretches.shape[0] % <Py_ssize_t> STRETCH_BYTES
        or owner_start[guide.slot_count] * <Py_ssize_t> OWNER_BYTES > owners.shape[0]
        or stretch_start[guide.slot_count] * <Py_ssize_t> STRETCH_BYTES > stretches.shape[0]
        or beyond_region_ids.shape[0] != BEYOND_COUNT
    ):
        raise ValueError("columns of one guide must belong together")
    if row_count == 0:
        return
    guide.owner_start = &owner_start[0]
    guide.stretch_start = &stretch_start[0]
    guide.owners = <const Owner*> &owners[0] if owners.shape[0] else NULL
    guide.stretches = <const Stretch*> &stretches[0] if stretches.shape[0] else NULL
    guide.answered_for = &answered_for[0] if answered_for.shape[0] else NULL
    memset(&is_priced[0], 0, bitmap_bytes)
    with nogil:
        for row in range(row_count):
            record.setup_us = setup_at_us[row]
            record.answered_us = answered_at_us[row]
            record.bridged_us = bridged_at_us[row]
            record.released_us = released_at_us[row]
            first_us = _first_stamp(&record)
            if verdict[row] != VERDICT_NEW:
                reason[row] = (
                    CONFLICTS_WITH_COMMITTED_RECORD if verdict[row] == VERDICT_CONFLICT else 0
                )
                billing_started_us[row] = first_us
                enterprise_start_us[row] = caller_start_us[row] = _ABSENT
                enterprise_ms[row] = caller_ms[row] = _ABSENT
                account[row] = subscription[row] = version[row] = -1
                relation[row] = -1
                continue
            number, source, counted = number_code[row], source_code[row], billable_from_code[row]
            if not (
                0 <= number < slot_of_number.shape[0]
                and 0 <= source < answered_for_source.shape[0]
                and 0 <= counted < billable_from_of_code.shape[0]
                and -1 <= slot_of_number[number] < guide.slot_count
            ):
                refused += 1
                continue
            slot = slot_of_number[number]
            record.billable_ms = billable_ms[row]
            record.billable_from = billable_from_of_code[counted]
            record.bridged_stated = _bit(&bridged_stated[0], bridged_stated_offset + row)
            is_answered = record.answered_us != _ABSENT
            what = _validation_reason(&record, now_us)
            # The setting is read at the setup; a number that nobody owned then at the answer.
            owner = _owner_at(&guide, slot, first_us)
            if owner == NULL:
                again_us = record.answered_us if is_answered else first_us
                owner = _owner_at(&guide, slot, again_us)
            is_bridged = owner != NULL and owner.is_bridged
            answer_is_bridge = owner != NULL and _is_listed(
                &guide, owner, answered_for_source[source]
            )
            _start_clocks(&record, first_us, is_bridged, answer_is_bridge, &clocks)
            stretch = _stretch_at(&guide, slot, clocks.started_us)
            is_nobody = record.bridged_stated and record.bridged_us == _ABSENT
            if is_nobody:
                answering_kind[row] = NOBODY_KIND
            relation[row] = _relation(
                calling_kind[row], calling_region_id[row],
                (stretch.home_region_id if stretch != NULL else 0) if is_nobody
                else answering_region_id[row],
                &beyond_region_ids[0],
            )
            if what == 0 and stretch == NULL:
                what = SERVICE_NUMBER_NOT_OWNED
            if what == 0 and is_answered:
                if clocks.is_unstated:
                    what = BRIDGE_NOT_STATED_BY_SOURCE
                elif clocks.enterprise_ms == _ABSENT or clocks.caller_ms == _ABSENT:
                    what = RELEASED_AT_MISSING
                elif stretch.version < 0:
                    what = NO_PLAN_IN_FORCE
            reason[row] = <uint8_t> what
            account[row] = stretch.account if stretch != NULL else -1
            subscription[row] = stretch.subscription if stretch != NULL else -1
            version[row] = stretch.version if stretch != NULL else -1
            billing_started_us[row] = enterprise_start_us[row] = clocks.started_us
            caller_start_us[row] = record.answered_us
            enterprise_ms[row] = clocks.enterprise_ms
            caller_ms[row] = clocks.caller_ms
            is_priced[row >> 3] |= <uint8_t> ((is_answered and what == 0) << (row & 7))
    if refused:
        raise ValueError(f"{refused} rows have a code or a slot out of bounds")


cdef inline bint _bit(const uint8_t* bitmap, Py_ssize_t position) noexcept nogil:
    return (bitmap[position >> 3] >> (position & 7)) & 1


# The least of what is there: an absent instant is less than all, so one more than its negation.
cdef inline int64_t _earlier(int64_t one, int64_t other) noexcept nogil:
    if one == _ABSENT or (other != _ABSENT and other < one):
        return other
    return one


cdef inline int64_t _first_stamp(const Record* record) noexcept nogil:
    if record.setup_us != _ABSENT:
        return record.setup_us
    return _earlier(record.answered_us, _earlier(record.bridged_us, record.released_us))


cdef inline int _validation_reason(const Record* record, int64_t now_us) noexcept nogil:
    """Give the first reason of cdr/validate.py that holds; ABSENT is less than every instant."""
    cdef int64_t latest_start = max(record.setup_us, record.answered_us, record.bridged_us)
    cdef int64_t first_start = _earlier(
        record.setup_us, _earlier(record.answered_us, record.bridged_us)
    )
    cdef int64_t stated_ms = 0 if record.billable_ms == _ABSENT else record.billable_ms
    cdef bint is_released = record.released_us != _ABSENT
    if latest_start == _ABSENT and not is_released:
        return NO_INSTANT_STATED
    if record.answered_us != _ABSENT and not is_released and record.billable_ms == _ABSENT:
        return RELEASED_AT_MISSING
    if (is_released and record.released_us < latest_start) or stated_ms < 0:
        return RELEASED_BEFORE_STARTED
    if stated_ms > _LONGEST_MS:
        return LONGER_THAN_24_HOURS
    if is_released and first_start != _ABSENT:
        if record.released_us - first_start > _LONGEST_MS * 1000:
            return LONGER_THAN_24_HOURS
    if max(latest_start, record.released_us) > now_us + _FUTURE_TOLERANCE_US:
        return STARTS_IN_THE_FUTURE
    if record.answered_us == _ABSENT and stated_ms > 0:
        return BILLABLE_WITHOUT_ANSWER
    return 0


# Intervals of one number stand by their beginning and do not overlap; few numbers have many.
cdef inline const Owner* _owner_at(const Guide* guide, int32_t slot, int64_t at_us) noexcept nogil:
    cdef int32_t index
    if slot < 0 or at_us == _ABSENT:
        return NULL
    for index in range(guide.owner_start[slot], guide.owner_start[slot + 1]):
        if guide.owners[index].from_us <= at_us < guide.owners[index].until_us:
            return &guide.owners[index]
    return NULL


cdef inline const Stretch* _stretch_at(
    const Guide* guide, int32_t slot, int64_t at_us
) noexcept nogil:
    cdef int32_t index
    if slot < 0 or at_us == _ABSENT:
        return NULL
    for index in range(guide.stretch_start[slot], guide.stretch_start[slot + 1]):
        if guide.stretches[index].from_us <= at_us < guide.stretches[index].until_us:
            return &guide.stretches[index]
    return NULL


cdef inline bint _is_listed(const Guide* guide, const Owner* owner, int32_t source) noexcept nogil:
    cdef int32_t index
    if source < 0:
        return False
    for index in range(owner.answered_start, owner.answered_end):
        if guide.answered_for[index] == source:
            return True
    return False


# rating/clock.py
cdef inline void _start_clocks(
    const Record* record, int64_t first_us, bint is_bridged, bint answer_is_bridge, Clocks* clocks
) noexcept nogil:
    cdef bint takes_answer = not record.bridged_stated and answer_is_bridge
    cdef bint from_bridge = is_bridged and not takes_answer
    cdef int64_t billed_us = record.bridged_us if from_bridge else record.answered_us
    clocks.is_unstated = from_bridge and not record.bridged_stated
    clocks.billed_from_us = billed_us
    clocks.started_us = billed_us
    if clocks.started_us == _ABSENT:
        clocks.started_us = record.answered_us
    if clocks.started_us == _ABSENT:
        clocks.started_us = first_us
    clocks.enterprise_ms = clocks.caller_ms = 0
    if billed_us != _ABSENT:
        clocks.enterprise_ms = _length_ms(
            record, billed_us, COUNTED_FROM_BRIDGE if from_bridge else COUNTED_FROM_ANSWER
        )
    if record.answered_us != _ABSENT:
        clocks.caller_ms = _length_ms(record, record.answered_us, COUNTED_FROM_ANSWER)


# The stated length where it counts from that instant, else the stamps' difference, rounded down.
cdef inline int64_t _length_ms(
    const Record* record, int64_t instant_us, int counted_from
) noexcept nogil:
    cdef int64_t us, ms
    if record.billable_from == counted_from and record.billable_ms != _ABSENT:
        return record.billable_ms
    if record.released_us == _ABSENT:
        return _ABSENT
    us = record.released_us - instant_us
    ms = us // 1000
    return ms - (us < 0 and us - ms * 1000 != 0)


cdef inline int8_t _relation(
    int8_t calling_kind, int32_t calling_region_id, int32_t other_region_id,
    const int32_t* beyond_region_ids,
) noexcept nogil:
    cdef int index
    if calling_kind == UNKNOWN_KIND or calling_kind == SERVICE_KIND or calling_kind == PRIVACY_KIND:
        return RELATION_UNKNOWN
    for index in range(BEYOND_COUNT):
        if (
            calling_region_id == beyond_region_ids[index]
            or other_region_id == beyond_region_ids[index]
        ):
            return RELATION_INTERNATIONAL
    if calling_region_id == 0 or other_region_id == 0:
        return RELATION_UNKNOWN
    if calling_region_id == other_region_id:
        return RELATION_LOCAL
    return RELATION_LONG_DISTANCE


def settle_outcomes(
    const uint8_t[::1] verdict not None,
    const int64_t[::1] answered_at_us not None,
    const uint8_t[::1] rate_reason not None,
    uint8_t[::1] reason not None,
    int32_t[::1] outcome not None,
    int32_t[::1] suspense not None,
    uint8_t[::1] is_rated not None,
):
    """Give every record its outcome.

    Parameters
    ----------
    verdict, answered_at_us
        (n,) as of ``guide_calls``.
    rate_reason
        (n,) why a priced call has no price, 0 where it has.
    reason
        (n,) in and out: 0 where nothing spoke against the record before it was priced.
    outcome
        (n,) output: positions in OUTCOMES.
    suspense
        (n,) output: the reason, -1 where there is none.
    is_rated
        Output, Arrow bitmap.

    Raises
    ------
    ValueError
        Columns of different length.
    """
    cdef Py_ssize_t row, row_count = verdict.shape[0]
    cdef Py_ssize_t bitmap_bytes = (row_count + 7) // 8
    cdef int what, found
    if not (
        row_count == answered_at_us.shape[0] == rate_reason.shape[0] == reason.shape[0]
        == outcome.shape[0] == suspense.shape[0] and is_rated.shape[0] >= bitmap_bytes
    ):
        raise ValueError("columns of one batch must have one length")
    if row_count:
        memset(&is_rated[0], 0, bitmap_bytes)
    with nogil:
        for row in range(row_count):
            if reason[row] == 0:
                reason[row] = rate_reason[row]
            what = reason[row]
            if what:
                found = SUSPENDED
            elif verdict[row] != VERDICT_NEW:
                found = DUPLICATE
            elif answered_at_us[row] == _ABSENT:
                found = UNANSWERED
            else:
                found = RATED
            outcome[row] = found
            suspense[row] = what if what else -1
            is_rated[row >> 3] |= <uint8_t> ((found == RATED) << (row & 7))
