"""The steps of a rate: ``[[rate.step]]`` sections, or the short form that means one or two."""

from itertools import pairwise

from cdrpipe.tariff.rate_plan import STEPS_MAX, RateStep
from cdrpipe.tariff.toml_table import TomlTable, duration_ms_of

_MINUTE_MS = 60_000
_PRICE_KEYS = ("price", "per", "price_per_minute", "increment")


def read_steps(section: TomlTable) -> tuple[RateStep, ...]:
    """Read the steps: those of ``[[rate.step]]``, or the one or two the short form means."""
    sections = section.tables("step")
    if "step" not in section:
        return _read_short_form(section)
    for key in _PRICE_KEYS:
        if key in section:
            section.fault(key, f"`{key}` stands in the [[rate.step]] sections where there are any")
            section.peek(key)
    if not 1 <= len(sections) <= STEPS_MAX:
        section.fault("step", f"expected 1 to {STEPS_MAX} steps, got {len(sections)}")
    steps = [(step, _read_step(step)) for step in sections]
    read = [(step, rate_step) for step, rate_step in steps if rate_step is not None]
    if read and read[0][0] is sections[0] and read[0][1].from_ms != 0:
        read[0][0].fault("from", 'the first step begins at from = "0s"')
    for (_, earlier), (step, later) in pairwise(read):
        if later.from_ms <= earlier.from_ms:
            step.fault("from", "steps stand in ascending order of `from`, each from another moment")
    return tuple(rate_step for _, rate_step in read)


def _read_step(step: TomlTable) -> RateStep | None:
    faults_before = len(step.faults)
    step.require("from", "increment")
    from_ms = step.duration_ms("from")
    increment_ms = step.duration_ms("increment")
    if increment_ms == 0:
        step.fault("increment", "`increment`: expected more than 0")
    price = _read_price(step)
    step.refuse_unknown()
    if len(step.faults) > faults_before:
        return None
    assert from_ms is not None
    assert increment_ms is not None
    price_micros, per_ms = price
    return RateStep(
        from_ms=from_ms, price_micros=price_micros, per_ms=per_ms, increment_ms=increment_ms
    )


def _read_short_form(section: TomlTable) -> tuple[RateStep, ...]:
    """Read one price and one increment, or "first/next": the first is a step of its own."""
    section.require("increment")
    price_micros, per_ms = _read_price(section)
    increments = _read_increments(section)
    if increments is None:
        return ()
    first_ms, next_ms = increments
    starts = [(0, first_ms)] if first_ms == next_ms else [(0, first_ms), (first_ms, next_ms)]
    return tuple(
        RateStep(
            from_ms=from_ms, price_micros=price_micros, per_ms=per_ms, increment_ms=increment_ms
        )
        for from_ms, increment_ms in starts
    )


def _read_increments(section: TomlTable) -> tuple[int, int] | None:
    faults_before = len(section.faults)
    value = section.peek("increment")
    if value is None:
        return None
    if isinstance(value, str) and "/" in value:
        parts = [duration_ms_of(part) for part in value.split("/")]
    else:
        parts = [section.duration_ms("increment")] * 2
    match parts:
        case [int(first_ms), int(next_ms)] if first_ms > 0 and next_ms > 0:
            return first_ms, next_ms
    if len(section.faults) == faults_before:
        section.fault(
            "increment",
            '`increment`: expected a duration above 0 such as "60s", or first/next such as "30/6"',
        )
    return None


def _read_price(section: TomlTable) -> tuple[int, int]:
    """Read a price and its unit of time; (0, one minute) where they are faulty."""
    price_micros = section.amount_micros("price")
    per_ms = section.duration_ms("per")
    minute_micros = section.amount_micros("price_per_minute")
    has_minute = "price_per_minute" in section
    if has_minute == ("price" in section or "per" in section):
        section.fault(None, "expected either `price_per_minute`, or `price` and `per`")
        return 0, _MINUTE_MS
    if has_minute:
        return minute_micros or 0, _MINUTE_MS
    section.require("price", "per")
    if per_ms == 0:
        section.fault("per", "`per`: expected more than 0")
    return price_micros or 0, per_ms or _MINUTE_MS
