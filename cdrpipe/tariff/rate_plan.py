"""What a rate plan is: rates, their bands and zones, and the terms an account buys with them.

Owns the shapes and their limits. Does not own the text form (``rate_deck.py``), the arrays the
kernel reads (``rate_table.py``) or the price of a call (``rating/charge.py``).

Money is micros of a yuan, time milliseconds, instants UTC microseconds.
"""

from dataclasses import dataclass
from datetime import date

from cdrpipe.money import MICROS_PER_YUAN

# The position of a name is its code in the kernel.
PAYING_PARTIES = ("enterprise", "caller")
SPLITS = ("independent", "rest")
ROUNDINGS = ("none", "up", "half_up", "half_even", "down")
# What the carrier is owed by the reseller is no part of a call's price (carrier_cost.py).
PARTIES = (*PAYING_PARTIES, "carrier")
BAND_OPTIONS = ("by_start", "split")
PREFIX_SOURCES = ("answering_number", "calling_number", "service_number")

# The rate of a call that a free number made; no rate of a plan may bear it.
FREE_RATE_ID = "free"

DAY_MS = 86_400_000

# "none" keeps what a micro can hold; no rule rounds finer.
DECIMALS_MAX = 6

# One million yuan: no minute, fee or minimum of a telephone tariff comes near it, and 24 hours at
# this price a millisecond stay far inside 128 bits (rate_table.py proves it).
AMOUNT_MICROS_MAX = 10**6 * MICROS_PER_YUAN

# A call is at most 24 hours long (domain rule 4), so a longer step, unit or increment is a slip.
DURATION_MS_MAX = 24 * 3_600_000

# Of a quantity without a clock (messages, bytes) one unit counts as one second. A step, unit or
# increment of it is at most what the longest quantity is.
UNITS_MAX = 2**40
STEP_MS_MAX = UNITS_MAX * 1_000

# A kernel row walks the steps one by one; published tariffs have one to three.
STEPS_MAX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class RateStep:
    """From this moment of the call on: ``price_micros`` per ``per_ms``, in whole increments."""

    from_ms: int
    price_micros: int
    per_ms: int
    increment_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A named set of instants, read in the time zone of the version.

    An instant is in the band where the day the band begins on matches every list that is given,
    and the time of day lies in [``from_ms``, ``until_ms``). Where ``until_ms`` is not after
    ``from_ms`` the band runs over midnight into the next day, whose own lists do not matter.
    """

    name: str
    priority: int = 0  # the highest wins where bands overlap
    weekdays: tuple[int, ...] | None = None  # ISO 1..7; None: any
    months: tuple[int, ...] | None = None  # 1..12
    month_days: tuple[int, ...] | None = None  # 1..31
    years: tuple[int, ...] | None = None
    from_ms: int = 0  # since local midnight
    until_ms: int = DAY_MS  # exclusive
    dates: tuple[tuple[date, date], ...] | None = None  # local [first, until); None: any
    day_kinds: tuple[str, ...] | None = None  # of numbering/calendar.py; None: any

    @property
    def is_over_midnight(self) -> bool:
        """Tell whether the band ends on the day after the one it begins on."""
        return self.until_ms <= self.from_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A named set of callers' regions, or of prefixes, that the tariff prices alike.

    A call is in the zone where any one of the entries matches it.
    """

    name: str
    provinces: tuple[int, ...] = ()  # codes of the caller's province
    areas: tuple[int, ...] = ()  # region ids of the caller
    prefixes: tuple[str, ...] = ()  # of the destination text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one party owes for the calls it matches; a matcher that is None matches every call.

    Rates of one party that are equal in all matchers but ``band`` form a group. A call finds its
    group first, and at each instant the active band of the highest priority within it; a rate
    without a band is active always, below every band.
    """

    rate_id: str
    party: str  # one of PARTIES
    prefix: str | None = None  # of the destination text, never empty; the longest match wins
    calling_area: int | None = None  # region id of the caller
    calling_province: int | None = None  # province code of the caller
    zone: str | None = None  # name of a Zone
    answering_area: int | None = None  # region id of who took the call
    answering_province: int | None = None
    relation: str | None = None  # one of RELATIONS
    calling_kind: str | None = None  # one of NUMBER_KINDS, never "none"
    answering_kind: str | None = None  # one of NUMBER_KINDS
    band: str | None = None  # name of a Band
    connect_fee_micros: int = 0
    minimum_micros: int | None = None
    maximum_micros: int | None = None
    steps: tuple[RateStep, ...]  # the first from 0, ascending
    rounding: str = "half_up"  # one of ROUNDINGS
    decimals: int = 4  # of a yuan; without meaning under "none"

    @property
    def match(self) -> tuple[str | int | None, ...]:
        """Give what the rate names, band apart, in the order of precedence: its group's key."""
        return (
            self.prefix,
            self.calling_area,
            self.calling_province,
            self.zone,
            self.answering_area,
            self.answering_province,
            self.relation,
            self.calling_kind,
            self.answering_kind,
        )

    @property
    def precedence(self) -> tuple[int, ...]:
        """Rank the rate's group among matching ones: length of the prefix, then what it names."""
        return len(self.prefix or ""), *(named is not None for named in self.match[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceTerms:
    """Included time a calendar month."""

    monthly_ms: int
    is_whole_in_opening_month: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumTerms:
    """Monthly minimum spend."""

    monthly_micros: int
    per: str = "account"  # account | number
    is_owed_in_opening_month: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTerms:
    """Prepaid yuan or minutes that expire; exactly one of the two grants is given."""

    price_micros: int
    granted_micros: int | None = None
    granted_ms: int | None = None
    valid_months: int
    renewal_restarts_period: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidClass:
    """Whoever once topped up this much at one time pays this minute price from then on."""

    top_up_micros_min: int
    price_per_minute_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidTerms:
    """How small a top-up may be, and what bigger ones earn."""

    top_up_micros_min: int = 0
    top_up_minimum_months: int = 0  # a top-up is at least this many monthly minimums
    classes: tuple[PrepaidClass, ...] = ()  # ascending by top-up


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFee:
    """Monthly fee of one function: menu, queue, recording or messages."""

    name: str
    monthly_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePlanVersion:
    """A rate plan as it stands from ``valid_from_us`` until ``valid_until_us`` (exclusive).

    ``allowance``, ``minimum``, ``pool``, ``prepaid`` and the fees are terms of the contract: no
    charge of a call knows them.

    ``top_up_class_micros`` is None but where the prices are those of a prepaid class
    (``prepaid_class.py``): then the top-up that the class begins at.
    """

    plan_id: str
    version: int
    name: str
    tz: str
    valid_from_us: int
    valid_until_us: int | None
    split: str  # one of SPLITS
    rates: tuple[Rate, ...]
    bands: tuple[Band, ...] = ()
    zones: tuple[Zone, ...] = ()
    band_option: str = "by_start"  # one of BAND_OPTIONS
    prefix_of: str = "answering_number"  # one of PREFIX_SOURCES: whose text prefixes match
    calendar: str | None = None  # what day kinds are read in; given where any band names some
    free_numbers: tuple[int, ...] = ()  # E.164, ascending: their calls cost both parties nothing
    monthly_rental_micros: int = 0
    activation_fee_micros: int = 0
    number_fee_micros: int = 0
    function_fees: tuple[FunctionFee, ...] = ()
    allowance: AllowanceTerms | None = None
    minimum: MinimumTerms | None = None
    pool: PoolTerms | None = None
    prepaid: PrepaidTerms | None = None
    top_up_class_micros: int | None = None
