# The rows of the rate table (cdrpipe/tariff/rate_table.py) and the codes of the charge kernel.
from libc.stdint cimport int64_t


cdef extern from *:
    """
    typedef __int128 cdrpipe_int128_t;
    """
    # The width is C's; Cython only has to know that it is a signed integer.
    ctypedef long long int128_t "cdrpipe_int128_t"


# One rate. All amounts in micros; absent limits are NO_LIMIT.
cdef struct RateRow:
    int64_t connect_fee_micros
    int64_t minimum_micros
    int64_t maximum_micros
    int64_t denominator        # of every weight of this rate
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
