"""Amounts of money: int64 micros (1e-6 yuan) everywhere, cents on invoice lines only.

``Decimal`` stands at the door alone: it reads what people write and prints what they read.
"""

from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from fractions import Fraction

MICROS_PER_YUAN = 1_000_000
MICROS_PER_CENT = 10_000

# A charge of 10^12 yuan or more is suspended (domain rule 3): so every sum of a row fits int64.
CHARGE_MICROS_LIMIT = 10**12 * MICROS_PER_YUAN
assert 4 * CHARGE_MICROS_LIMIT < 2**63


# More digits than any amount has; one that has more is refused, not rounded.
_EXACT = Context(prec=40, traps=[Inexact, InvalidOperation, Overflow])

# More digits than a sum of increments has: the longest unit has 50 factors of two or five.
_PLENTY = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow])


def micros_of(text: str) -> int:
    """Read an amount in yuan, as people write it, into micros.

    Raises
    ------
    ValueError
        The text is no plain decimal number, or has more than six decimals.
    """
    try:
        micros = _EXACT.multiply(_EXACT.create_decimal(text), Decimal(MICROS_PER_YUAN))
    except DecimalException:
        raise ValueError(f"expected an amount in yuan such as 0.12, got {text!r}") from None
    if not micros.is_finite() or micros != micros.to_integral_value():
        raise ValueError(f"expected an amount in yuan with at most six decimals, got {text!r}")
    return int(micros)


def yuan_of_micros(micros: int) -> Decimal:
    """Give micros as yuan with six decimals."""
    return Decimal(micros).scaleb(-6)


def yuan_of_cents(cents: int) -> Decimal:
    """Give cents as yuan with two decimals."""
    return Decimal(cents).scaleb(-2)


def exact_text(amount: Fraction) -> str:
    """Write an amount exactly: in decimals where these end, else as numerator/denominator.

    >>> exact_text(Fraction(240_000)), exact_text(Fraction(5, 4)), exact_text(Fraction(5_000, 3))
    ('240000', '1.25', '5000/3')
    """
    rest, decimals = amount.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        decimals = max(decimals, power)
    if rest != 1:
        return f"{amount.numerator}/{amount.denominator}"
    digits = amount.numerator * 10**decimals // amount.denominator
    return format(Decimal(digits).scaleb(-decimals, _PLENTY), "f")


def half_up(numerator: int, denominator: int) -> int:
    """Divide two integers and round half away from zero.

    >>> half_up(5, 2), half_up(-5, 2), half_up(7, 3)
    (3, -3, 2)
    """
    assert denominator > 0
    quotient, remainder = divmod(abs(numerator), denominator)
    quotient += 2 * remainder >= denominator
    return quotient if numerator >= 0 else -quotient


def cents_of_micros(micros: int) -> int:
    """Round micros half-up, on the absolute value, to cents."""
    return half_up(micros, MICROS_PER_CENT)
