"""Included time and prepaid yuan worked by hand (``allowances.txt``), by the plain rule."""

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
from golden.rate_words import read_rate, version_of

from cdrpipe.billing.bill_cycle import BILLING_TZ, bill_cycle
from cdrpipe.billing.pool import OwedCharge, Pool, pay_from_pools
from cdrpipe.money import cents_of_micros, micros_of, yuan_of_cents
from cdrpipe.rating.allowance import CallKey, CallUse, GrantedCall, TimeGrant, use_grants
from cdrpipe.rating.charge import charge_call
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.tariff.rate_plan import Rate

GOLDEN = Path(__file__).with_name("allowances.txt").read_text(encoding="utf-8")
RELATIONS = ("local", "long_distance")
CALL = re.compile(
    r"(\S+)\s+(\S+) (\w+)\s+(\S+) (\S+)\s+(\S+) s( continued)?\s+= (\S+);\s+used (\S+) s"
    r"((?: \w+ \S+ s)*);\s+rest (\S+?)((?:; \w+ pays \S+)*)"
)
GRANT = re.compile(r"(?:([a-z]+)\s+)?([\d.]+)( min| s)?(?:, last day (\S+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    call: GrantedCall
    used_ms_of: dict[str, int]
    rest_micros: int
    paid_micros_of: dict[str, int]


@dataclass(slots=True, kw_only=True)
class Case:
    name: str
    split: str = "independent"
    rates: list[Rate] = field(default_factory=list)
    allowance_ms: int | None = None
    minutes: list[TimeGrant] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    calls: list[Expected] = field(default_factory=list)
    left_ms_of: dict[str, int] = field(default_factory=dict)
    lines: dict[str, Decimal] = field(default_factory=dict)


def us(at: dt.datetime) -> int:
    return (at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def day_after(text: str) -> int:
    last = dt.datetime.fromisoformat(text).replace(tzinfo=BILLING_TZ)
    return us(last + dt.timedelta(days=1))


def ms_of(amount: str, unit: str) -> int:
    return micros_of(amount) // 1_000 * (60 if unit.strip() == "min" else 1)


def read_rates(words: str) -> list[Rate]:
    relation, rest = words.split(maxsplit=1)
    if relation == "caller":
        return [read_rate(rest, party="caller")]
    rate = read_rate(rest, party="enterprise")
    if relation == "any":
        return [rate]
    return [replace(rate, rate_id=relation, relation=relation)]


def read_call(case: Case, words: str) -> Expected:
    found = CALL.fullmatch(words)
    assert found, words
    call_id, number, relation, day, time, length, continued, charge, used, pools, rest, pays = (
        found.groups()
    )
    started = dt.datetime.fromisoformat(f"{day} {time}").replace(tzinfo=BILLING_TZ)
    version = version_of(*case.rates, split=case.split)
    facts = CallFacts(
        billable_ms=ms_of(length, "s"),
        start_us=us(started),
        relation=relation,
        is_continuation=bool(continued),
    )
    rated = charge_call(version, enterprise=facts, caller=facts)
    assert rated.enterprise_charge_micros == micros_of(charge), words
    assert rated.caller_charge_micros is not None
    used_of = {"allowance": ms_of(used, "s")}
    used_of |= {name: ms_of(time, "s") for name, time in re.findall(r"(\w+) (\S+) s", pools)}
    return Expected(
        call=GrantedCall(
            key=CallKey(us(started), call_id, "golden", "", 0),
            service_number=number,
            version=version,
            facts=facts,
            enterprise_charge_micros=rated.enterprise_charge_micros,
            caller_charge_micros=rated.caller_charge_micros,
        ),
        used_ms_of={name: time for name, time in used_of.items() if time},
        rest_micros=micros_of(rest),
        paid_micros_of={
            name: micros_of(amount) for name, amount in re.findall(r"(\w+) pays ([\d.]+)", pays)
        },
    )


def read_case_line(case: Case, verb: str, rest: str) -> None:
    match verb:
        case "rest":
            case.split = "rest"
        case "rate":
            case.rates += read_rates(rest)
        case "call":
            case.calls.append(read_call(case, rest))
        case "line":
            month, amount = rest.split()
            case.lines[month] = Decimal(amount)
        case _:
            found = GRANT.fullmatch(rest)
            assert found, rest
            read_grant(case, verb, *found.groups())


def read_grant(
    case: Case, verb: str, name: str | None, amount: str, unit: str | None, last: str | None
) -> None:
    match verb:
        case "allowance":
            case.allowance_ms = ms_of(amount, unit or "")
        case "left":
            case.left_ms_of[name or "allowance"] = ms_of(amount, unit or "")
        case "minutes":
            assert name
            assert last
            case.minutes.append(
                TimeGrant(
                    grant_id=name,
                    left_ms=ms_of(amount, unit or ""),
                    valid_from_us=0,
                    valid_until_us=day_after(last),
                )
            )
        case _:
            assert name
            assert last
            case.pools.append(
                Pool(
                    pool_id=name,
                    kind={"yuan": "top_up", "gift": "gift"}[verb],
                    left_micros=micros_of(amount),
                    valid_from_us=0,
                    valid_until_us=day_after(last),
                )
            )


def read_cases() -> list[Case]:
    cases: list[Case] = []
    for line in GOLDEN.splitlines():
        claim = line.split("#")[0].strip()
        if not claim:
            continue
        verb, _, rest = claim.partition(" ")
        if verb == "case":
            cases.append(Case(name=rest))
        else:
            read_case_line(cases[-1], verb, rest.strip())
    return cases


CASES = read_cases()


def month_of(call: GrantedCall) -> str:
    at = dt.datetime.fromtimestamp(call.key.billing_started_at_us // 1_000_000, BILLING_TZ)
    return f"{at:%Y-%m}"


def used_by_month(case: Case) -> tuple[dict[str, tuple[CallUse, ...]], dict[str, int]]:
    """Run a case month by month: the allowance anew in each, pools with what is left of them."""
    pools, by_month, left_ms_of = case.minutes, {}, dict[str, int]()
    for month in sorted({month_of(expected.call) for expected in case.calls}):
        cycle = bill_cycle(month)
        allowance = None
        if case.allowance_ms is not None:
            allowance = TimeGrant(
                grant_id="allowance",
                left_ms=case.allowance_ms,
                valid_from_us=cycle.from_us,
                valid_until_us=cycle.until_us,
            )
        calls = [expected.call for expected in case.calls if month_of(expected.call) == month]
        used = use_grants(calls, allowance=allowance, pools=pools, calendars={})
        by_month[month] = used.calls
        left_ms_of = dict(used.left_ms)
        pools = [replace(pool, left_ms=left_ms_of[pool.grant_id]) for pool in pools]
    return by_month, left_ms_of


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_included_time_pays_for_what_is_worked_by_hand(case: Case) -> None:
    by_month, left_ms_of = used_by_month(case)
    found = {use.call.key: use for uses in by_month.values() for use in uses}
    for expected in case.calls:
        use = found.pop(expected.call.key)
        assert (dict(use.used_ms_of), use.charge_after_micros) == (
            expected.used_ms_of,
            expected.rest_micros,
        ), expected.call.key.call_id
    assert not found
    assert left_ms_of == case.left_ms_of
    for month, amount in case.lines.items():
        taken_off = sum(use.difference_micros for use in by_month[month])
        assert yuan_of_cents(cents_of_micros(taken_off)) == amount


@pytest.mark.parametrize("case", [case for case in CASES if case.pools], ids=lambda case: case.name)
def test_prepaid_yuan_pays_for_what_is_worked_by_hand(case: Case) -> None:
    by_month, _ = used_by_month(case)
    charges = [
        OwedCharge(key=use.call.key, charge_micros=use.charge_after_micros)
        for uses in by_month.values()
        for use in uses
    ]
    paid = pay_from_pools(charges, case.pools)
    for expected in case.calls:
        assert expected.paid_micros_of == {
            payment.pool_id: payment.paid_micros
            for payment in paid.payments
            if payment.key == expected.call.key
        }
    owed_micros = sum(charge.charge_micros for charge in charges)
    assert paid.credit_micros == owed_micros - sum(each.paid_micros for each in paid.payments)
