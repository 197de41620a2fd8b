"""What a rate plan is: rates, their steps, and the terms an account buys with them.

Owns the shapes and their limits. Does not own the text form (``rate_deck.py``), the arrays the
kernel reads (``rate_table.py``) or the price of a call (``rating/charge.py``).

Money is micros of a yuan, time milliseconds, instants UTC microseconds.
"""

from dataclasses import dataclass

from cdrpipe.money import MICROS_PER_YUAN

# The position of a name is its code in the kernel.
PARTIES = ("enterprise", "caller")
SPLITS = ("independent", "rest")
ROUNDINGS = ("none", "up", "half_up", "half_even", "down")

# "none" keeps what a micro can hold; no rule rounds finer.
DECIMALS_MAX = 6

# One million yuan: no minute, fee or minimum of a telephone tariff comes near it, and 24 hours at
# this price a millisecond stay far inside 128 bits (rate_table.py proves it).
AMOUNT_MICROS_MAX = 10**6 * MICROS_PER_YUAN

# A call is at most 24 hours long (domain rule 4), so a longer step, unit or increment is a slip.
DURATION_MS_MAX = 24 * 3_600_000

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
class Rate:
    """What one party owes for the calls it matches; a matcher that is None matches every call."""

    rate_id: str
    party: str  # one of PARTIES
    relation: str | None = None  # one of RELATIONS
    calling_kind: str | None = None  # one of NUMBER_KINDS, never "none"
    answering_kind: str | None = None  # one of NUMBER_KINDS
    connect_fee_micros: int = 0
    minimum_micros: int | None = None
    maximum_micros: int | None = None
    steps: tuple[RateStep, ...]  # the first from 0, ascending
    rounding: str = "half_up"  # one of ROUNDINGS
    decimals: int = 4  # of a yuan; without meaning under "none"

    @property
    def match(self) -> tuple[str | None, str | None, str | None]:
        """Give what the rate names, in the order of precedence."""
        return self.relation, self.calling_kind, self.answering_kind

    @property
    def precedence(self) -> tuple[bool, bool, bool]:
        """Rank the rate among matching ones: relation, then caller kind, then answering kind."""
        return (
            self.relation is not None,
            self.calling_kind is not None,
            self.answering_kind is not None,
        )


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
    """

    plan_id: str
    version: int
    name: str
    tz: str
    valid_from_us: int
    valid_until_us: int | None
    split: str  # one of SPLITS
    rates: tuple[Rate, ...]
    monthly_rental_micros: int = 0
    activation_fee_micros: int = 0
    number_fee_micros: int = 0
    function_fees: tuple[FunctionFee, ...] = ()
    allowance: AllowanceTerms | None = None
    minimum: MinimumTerms | None = None
    pool: PoolTerms | None = None
    prepaid: PrepaidTerms | None = None
