# The rows of the rate table (cdrpipe/tariff/rate_table.py) and the codes of the charge kernel.
from libc.stdint cimport int32_t, int64_t


cdef extern from *:
    """
    typedef __int128 cdrpipe_int128_t;
    """
    # The width is C's; Cython only has to know that it is a signed integer.
    ctypedef long long int128_t "cdrpipe_int128_t"


# One plan version. A leaf is what the longest prefix leads to: a cell, or -2 - the block in which
# the cell stands. A cell is a rate, or the number of rates + a group with bands, or NO_RATE.
cdef struct VersionRow:
    int32_t is_split_rest
    int32_t has_caller_rate
    int32_t is_walked          # a call is walked from band to band
    int32_t node_count         # prefixes in its book
    int32_t root_leaf[2]       # by party, where no prefix matches
    int32_t leaves_start[2]    # by party: leaves by prefix; NO_LEAVES where no rate names one
    int32_t classes_start      # row in the table of region classes; NO_CLASSES: names no region
    int32_t free_start         # free numbers [free_start, free_end), ascending
    int32_t free_end


# Cells by everything that the rates under one prefix name; the stride of anything else is 0.
cdef struct BlockRow:
    int32_t cells_start
    int32_t calling_class
    int32_t answering_class
    int32_t relation
    int32_t calling_kind
    int32_t answering_kind


# A group of rates with bands. Its members stand by the position of their band in the band set,
# behind them that without a band; NO_RATE where there is none.
cdef struct GroupRow:
    int32_t band_set
    int32_t members_start
    int32_t band_count


# The price of one rate. All amounts in micros; absent limits are NO_LIMIT.
cdef struct RateRow:
    int64_t connect_fee_micros
    int64_t minimum_micros
    int64_t maximum_micros
    int64_t denominator        # of every weight of this rate, and of all it shares a call with
    int64_t divisor            # denominator * unit_micros
    int64_t unit_micros        # one unit of the last decimal that is kept
    int64_t rounding           # a Rounding
    int64_t first_step         # steps [first_step, end_step) of the step table
    int64_t end_step


# One step of a rate.
cdef struct StepRow:
    int64_t end_ms             # where the next step begins
    int64_t increment_ms
    int64_t weight             # micros a millisecond, times the denominator


cdef enum:
    NO_LIMIT = -1
    NO_RATE = -1
    NO_LEAVES = -1
    NO_CLASSES = -1
    UNCONFIRMED = -2           # a timeline's state where the kind of the day is not known


# Positions in cdrpipe.tariff.rate_plan.ROUNDINGS; "none" comes as HALF_UP with six decimals.
cdef enum Rounding:
    UP = 1
    HALF_UP = 2
    HALF_EVEN = 3
    DOWN = 4


# Numbers of cdrpipe.cdr.suspense.SuspenseReason.
cdef enum Reason:
    NONE = 0
    RATE_NOT_FOUND = 15
    CALLER_RATE_NOT_FOUND = 16
    CHARGE_TOO_LARGE = 17
    CALENDAR_YEAR_UNCONFIRMED = 18
