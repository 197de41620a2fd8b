"""Charges taken apart by hand (``explanations.txt``): each segment, each step to the charge."""

import datetime as dt
import re
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest

from cdrpipe.money import MICROS_PER_YUAN, exact_text, micros_of
from cdrpipe.rating.explain import ShareExplanation, explain_call
from cdrpipe.rating.reckoning import decimals_kept
from cdrpipe.tariff.rate_deck import parse_rate_plan

GOLDEN = Path(__file__).with_name("explanations.txt")
CHINA = dt.timezone(dt.timedelta(hours=8))

HEAD = 'id = "{name}"\nname = "By hand"\nvalid_from = 2026-01-01\n'
PLANS = {
    "bands": """
band_option = "split"

[[band]]
name = "night"
from = "22:00"
until = "06:00"

[[rate]]
id = "day"
party = "enterprise"
price_per_minute = "0.12"
increment = "60s"
connect_fee = "0.05"

[[rate]]
id = "night"
party = "enterprise"
band = "night"
price_per_minute = "0.06"
increment = "6s"
connect_fee = "0.90"
""",
    "limits": """
[[rate]]
id = "stepped"
party = "enterprise"
maximum = "0.50"

[[rate.step]]
from = "0s"
price = "0.22"
per = "3min"
increment = "3min"

[[rate.step]]
from = "3min"
price_per_minute = "0.11"
increment = "60s"

[[rate]]
id = "shanghai"
party = "enterprise"
prefix = "8621"
price_per_minute = "0.01"
increment = "1s"
minimum = "0.10"
rounding = "up"
decimals = 2

[[rate]]
id = "pence"
party = "caller"
price_per_minute = "0.0001"
increment = "1s"
rounding = "down"
decimals = 2
""",
    "rest": """
split = "rest"
free_numbers = ["13800138000"]

[[rate]]
id = "total"
party = "enterprise"
price_per_minute = "0.36"
increment = "60s"

[[rate]]
id = "share"
party = "caller"
price_per_minute = "0.11"
increment = "60s"
""",
}


class Case(NamedTuple):
    """A call line, and the lines that take it apart."""

    line: int
    call: str
    expected: list[str]


def cases() -> list[Case]:
    found: list[Case] = []
    for number, line in enumerate(GOLDEN.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("call "):
            found.append(Case(number, line, []))
        elif line and not line.startswith("#"):
            found[-1].expected.append(line)
    return found


def row_of(call: str, expected: list[str]) -> dict[str, object]:
    day, time, seconds = re.search(r"(\d+) (\S+)  (\d+) s", call).groups()
    start = dt.datetime.fromisoformat(f"2026-10-{int(day):02}T{time}+08:00")
    start_us = int(start.timestamp()) * 1_000_000
    said = dict(re.findall(r"(\w+)=(\w+)", call))
    earlier_s = int(said.get("caller_earlier", 0))
    stored = dict(re.findall(r"^(\w+) = stored ([\d.]+)", "\n".join(expected), re.M))
    return {
        "billing_started_at_us": start_us,
        "answered_at_us": start_us - earlier_s * 1_000_000,
        "enterprise_billable_ms": int(seconds) * 1_000,
        "caller_billable_ms": (int(seconds) + earlier_s) * 1_000,
        "is_continuation": "is_continuation" in said,
        "service_number": "4008001234",
        "calling_number": int(said.get("calling_number", 8613900139000)),
        "calling_kind": "mobile",
        "calling_region_id": 110010,
        "answering_number": int(said.get("answering_number", 861065551234)),
        "answering_kind": "landline",
        "answering_region_id": 0,
        "relation": "unknown",
        "enterprise_charge_micros": micros_of(stored["enterprise"]),
        "caller_charge_micros": micros_of(stored["caller"]),
    }


def yuan(micros: Fraction | int) -> str:
    text = exact_text(Fraction(micros) / MICROS_PER_YUAN)
    return f"~{round(Fraction(micros) * 1000) / 10**9:.9f}" if "/" in text else text


def lines_of(share: ShareExplanation) -> list[str]:
    stored = f"{share.stored_micros / MICROS_PER_YUAN:.4f}"
    lines = [f"{share.party} = stored {stored}: {share.case}"]
    for number, piece in enumerate(share.pieces, start=1):
        began = dt.datetime.fromtimestamp(share.starts_at_us(piece) // 1_000_000, CHINA)
        lines.append(
            f"  {number} {piece.rate_id} {piece.band or '-'} step {piece.step_index + 1}"
            f"  at {piece.start_ms // 1000} s {began:%H:%M:%S}"
            f"  {piece.billed_ms // 1000} s = {piece.increments} x {piece.increment_ms // 1000} s"
            f"  {yuan(piece.price_micros)} per {piece.per_ms // 1000} s"
            f" = {yuan(piece.exact_amount)}"
        )
    sums, rate = share.reckoning, share.share and share.share.rounding_rate
    if sums is not None:
        lines.append(
            f"  sum {yuan(sums.pieces_micros)}  fee {yuan(sums.fee_micros)}"
            f"  capped {yuan(sums.capped_micros)}  lifted {yuan(sums.exact_micros)}"
            f"  rounded {rate.rounding} {decimals_kept(rate)} by {rate.rate_id}"
            f" = {yuan(sums.charge_micros)}  split {yuan(share.split_micros)}"
        )
    return lines


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"line {case.line}")
def test_a_call_is_taken_apart_as_worked_out(case: Case) -> None:
    plan = case.call.split()[1]
    (version,) = parse_rate_plan(HEAD.format(name=plan) + PLANS[plan], file=plan)
    explanation = explain_call(row_of(case.call, case.expected), version, {})
    assert [line for share in explanation.shares for line in lines_of(share)] == case.expected
    assert explanation.agrees
