"""From increments to a charge: pieces, their exact sum, fee, limits, and the one rounding.

Source: domain rules 3 (one charge) and 4 (zero time, continuations);
docs/decisions/0001-one-rounding.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from cdrpipe.tariff.rate_plan import DECIMALS_MAX, Rate, RateStep

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Consecutive increments of one call in one band and one step.

    ``start_ms`` is the position in the call. ``exact_amount`` is in micros, before fee, limits and
    rounding.
    """

    band: str  # "": the rate names none
    rate_id: str
    step_index: int
    start_ms: int
    billed_ms: int
    increment_ms: int
    increments: int
    price_micros: int
    per_ms: int
    exact_amount: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """How pieces add up to a charge: every amount is in micros, all but the last exact.

    Attributes
    ----------
    pieces_micros
        The sum of the pieces.
    fee_micros
        The connect fee that is owed; 0 of a continuation.
    capped_micros
        Both together, at most the maximum.
    exact_micros
        That, at least the minimum: what is rounded.
    """

    pieces_micros: Fraction
    fee_micros: int
    capped_micros: Fraction
    exact_micros: Fraction
    charge_micros: int


def pieces_of(rate: Rate, *, from_ms: int = 0, until_ms: int) -> Iterator[Piece]:
    """Cut the time from one position of the call to another into whole increments of one rate.

    An increment belongs whole to the step in which it begins: it swallows what lies behind the
    border, and the next piece begins where it ended. A step that is swallowed whole has no piece.
    The last increment may reach beyond ``until_ms``.
    """
    position_ms = from_ms
    ends_ms = [*(step.from_ms for step in rate.steps[1:]), until_ms]
    for index, (step, end_ms) in enumerate(zip(rate.steps, ends_ms, strict=True)):
        left_ms = min(end_ms, until_ms) - position_ms
        if left_ms > 0:
            # Ceil, not round: a started increment is owed in full.
            piece = _piece(rate, index, step, position_ms, -(-left_ms // step.increment_ms))
            yield piece
            position_ms += piece.billed_ms


def owed(pieces: Sequence[Piece], *, rate: Rate, rounding_rate: Rate, is_continuation: bool) -> int:
    """Turn the pieces of one party's share into its charge, in micros: what ``reckon`` comes to."""
    return reckon(
        pieces, rate=rate, rounding_rate=rounding_rate, is_continuation=is_continuation
    ).charge_micros


def reckon(
    pieces: Sequence[Piece], *, rate: Rate, rounding_rate: Rate, is_continuation: bool
) -> Reckoning:
    """Add the pieces of one party's share up to its charge.

    1. No time, no charge: neither fee nor minimum is owed.
    2. The exact price of all started increments.
    3. The connect fee, unless the call is a continuation.
    4. At most the maximum, at least the minimum.
    5. Rounded once.

    The charge may be ``CHARGE_MICROS_LIMIT`` or more; such a call is suspended.
    """
    if not pieces:  # 1.
        return _NOTHING_OWED
    pieces_micros = sum((piece.exact_amount for piece in pieces), Fraction(0))  # 2.
    fee_micros = 0 if is_continuation else rate.connect_fee_micros  # 3.
    capped_micros = pieces_micros + fee_micros
    if rate.maximum_micros is not None:  # 4.
        capped_micros = min(capped_micros, Fraction(rate.maximum_micros))
    exact_micros = capped_micros
    if rate.minimum_micros is not None:
        exact_micros = max(exact_micros, Fraction(rate.minimum_micros))
    return Reckoning(
        pieces_micros=pieces_micros,
        fee_micros=fee_micros,
        capped_micros=capped_micros,
        exact_micros=exact_micros,
        charge_micros=round_once(exact_micros, rounding_rate.rounding, rounding_rate.decimals),
    )


def decimals_kept(rate: Rate) -> int:
    """Give the decimals of a yuan that the rate's rounding keeps; "none" keeps the micro."""
    return DECIMALS_MAX if rate.rounding == "none" else rate.decimals


def round_once(amount_micros: Fraction, rounding: str, decimals: int) -> int:
    """Round an exact amount to ``decimals`` of a yuan; "none" keeps the micro, half up.

    >>> round_once(Fraction(122_050), "half_up", 4), round_once(Fraction(122_050), "half_even", 4)
    (122100, 122000)
    """
    if rounding == "none":
        rounding, decimals = "half_up", DECIMALS_MAX
    unit_micros: int = 10 ** (DECIMALS_MAX - decimals)
    units = amount_micros / unit_micros
    match rounding:
        case "up":
            return ceil(units) * unit_micros
        case "half_up":
            return floor(units + _HALF) * unit_micros
        case "half_even":
            return round(units) * unit_micros
        case "down":
            return floor(units) * unit_micros
    raise AssertionError(f"unknown rounding {rounding}")


_NOTHING_OWED = Reckoning(
    pieces_micros=Fraction(0),
    fee_micros=0,
    capped_micros=Fraction(0),
    exact_micros=Fraction(0),
    charge_micros=0,
)


def _piece(rate: Rate, index: int, step: RateStep, start_ms: int, increments: int) -> Piece:
    billed_ms = increments * step.increment_ms
    return Piece(
        band=rate.band or "",
        rate_id=rate.rate_id,
        step_index=index,
        start_ms=start_ms,
        billed_ms=billed_ms,
        increment_ms=step.increment_ms,
        increments=increments,
        price_micros=step.price_micros,
        per_ms=step.per_ms,
        exact_amount=Fraction(billed_ms * step.price_micros, step.per_ms),
    )
