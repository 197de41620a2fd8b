"""Included time: order of arrival, batches, files play no part; it equals a walk by increments."""

import datetime as dt
import random
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registers import register_owning

from cdrpipe.billing.bill_cycle import bill_cycle
from cdrpipe.billing.invoice import Invoice
from cdrpipe.intake.importer import import_files
from cdrpipe.rating.allowance import CallKey, GrantedCall, TimeGrant, use_grants
from cdrpipe.rating.charge import price_call
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.rating.reckoning import round_once
from cdrpipe.register import load_snapshot, open_register
from cdrpipe.register.accounts import import_accounts
from cdrpipe.report.ask import open_answers
from cdrpipe.report.invoice_preview import preview_invoices
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion, RateStep

INCREMENTS_MS = (1_000, 6_000, 7_500, 30_000, 60_000)
RELATIONS = ("local", "long_distance")


@st.composite
def rates(draw, relation: str) -> Rate:
    froms = sorted(draw(st.sets(st.sampled_from((60_000, 90_000, 181_000)), max_size=2)))
    maximum = draw(st.none() | st.integers(0, 900_000))
    return Rate(
        rate_id=relation,
        party="enterprise",
        relation=relation,
        connect_fee_micros=draw(st.sampled_from((0, 50_000))),
        minimum_micros=draw(st.none() | st.integers(0, 300_000)),
        maximum_micros=maximum,
        steps=tuple(
            RateStep(
                from_ms=from_ms,
                price_micros=draw(st.integers(0, 300_000)),
                per_ms=draw(st.sampled_from((60_000, 1_000, 7_000))),
                increment_ms=draw(st.sampled_from(INCREMENTS_MS)),
            )
            for from_ms in (0, *froms)
        ),
        rounding=draw(st.sampled_from(("none", "up", "half_up", "half_even", "down"))),
        decimals=draw(st.integers(0, 6)),
    )


@st.composite
def months(draw) -> list[GrantedCall]:
    """Draw a month of one subscription: calls of two numbers, many of them at one instant."""
    version = RatePlanVersion(
        plan_id="p",
        version=1,
        name="P",
        tz="Asia/Shanghai",
        valid_from_us=0,
        valid_until_us=None,
        split=draw(st.sampled_from(("independent", "rest"))),
        rates=tuple(draw(rates(relation)) for relation in RELATIONS),
    )
    calls = []
    for index in range(draw(st.integers(0, 12))):
        facts = CallFacts(
            billable_ms=draw(st.integers(0, 240) | st.sampled_from((59_999, 60_000, 60_001))),
            start_us=draw(st.integers(0, 3)),
            relation=draw(st.sampled_from(RELATIONS)),
            is_continuation=draw(st.booleans()),
        )
        if facts.billable_ms <= 240:
            facts = replace(facts, billable_ms=facts.billable_ms * 1_000)
        share = price_call(version, None, party="enterprise", call=facts)
        caller = draw(st.integers(0, 200_000)) if version.split == "rest" else 0
        caller = min(caller, share.charge_micros)
        calls.append(
            GrantedCall(
                key=CallKey(facts.start_us, f"c{index}", "pabx", "", 0),
                service_number=draw(st.sampled_from(("4008001234", "4006005678"))),
                version=version,
                facts=facts,
                enterprise_charge_micros=share.charge_micros - caller,
                caller_charge_micros=caller,
            )
        )
    return calls


def grant(grant_id: str, left_ms: int, until_us: int = 4) -> TimeGrant:
    return TimeGrant(grant_id=grant_id, left_ms=left_ms, valid_from_us=0, valid_until_us=until_us)


GRANTED_MS = st.integers(0, 900).map(lambda s: s * 1_000) | st.integers(0, 900_000)


@given(
    calls=months(),
    allowance_ms=GRANTED_MS,
    pools=st.lists(st.tuples(GRANTED_MS, st.integers(0, 5)), max_size=3),
    order=st.randoms(use_true_random=False),
)
def test_any_order_gives_the_same_rows_and_used_and_left_are_what_was_granted(
    calls, allowance_ms, pools, order: random.Random
):
    allowance = grant("allowance", allowance_ms)
    minutes = [grant(f"p{index}", ms, until) for index, (ms, until) in enumerate(pools)]
    use = use_grants(calls, allowance=allowance, pools=minutes, calendars={})
    again = use_grants(
        order.sample(calls, len(calls)),
        allowance=allowance,
        pools=order.sample(minutes, len(minutes)),
        calendars={},
    )
    assert (again.calls, again.left_ms) == (use.calls, use.left_ms)
    assert [each.call.key for each in use.calls] == sorted(call.key for call in calls)
    for given_grant in (allowance, *minutes):
        spent_ms = sum(dict(each.used_ms_of).get(given_grant.grant_id, 0) for each in use.calls)
        assert spent_ms + use.left_ms[given_grant.grant_id] == given_grant.left_ms
        assert use.left_ms[given_grant.grant_id] >= 0
    for each in use.calls:
        assert 0 <= each.charge_after_micros <= each.call.enterprise_charge_micros
        assert each.used_ms or each.charge_after_micros == each.call.enterprise_charge_micros


@given(calls=months(), allowance_ms=GRANTED_MS)
def test_it_equals_a_walk_increment_by_increment(calls, allowance_ms):
    use = use_grants(calls, allowance=grant("allowance", allowance_ms), calendars={})
    left_ms = allowance_ms
    for each in use.calls:
        used_ms, rest_micros = walked(each.call, left_ms)
        left_ms -= used_ms
        assert (each.used_ms, each.charge_after_micros) == (used_ms, rest_micros)
    assert use.left_ms == {"allowance": left_ms}


def walked(call: GrantedCall, left_ms: int) -> tuple[int, int]:
    """The rule as the contract words it: one increment after the other."""
    [rate] = [rate for rate in call.version.rates if rate.relation == call.facts.relation]
    position_ms = used_ms = 0
    rest, is_paying = [], True
    while position_ms < call.facts.billable_ms:
        step = max(
            (step for step in rate.steps if step.from_ms <= position_ms),
            key=lambda step: step.from_ms,
        )
        is_paying = is_paying and used_ms + step.increment_ms <= left_ms
        if is_paying:
            used_ms += step.increment_ms
        else:
            rest.append(Fraction(step.increment_ms * step.price_micros, step.per_ms))
        position_ms += step.increment_ms
    if not rest:
        return used_ms, 0
    amount = sum(rest) + (0 if call.facts.is_continuation else rate.connect_fee_micros)
    if rate.maximum_micros is not None:
        amount = min(amount, Fraction(rate.maximum_micros))
    if rate.minimum_micros is not None:
        amount = max(amount, Fraction(rate.minimum_micros))
    total = round_once(amount, rate.rounding, rate.decimals)
    return used_ms, max(0, total - call.caller_charge_micros)


# From files to rows and invoices: the same calls, shuffled, recut into batches, split over files.

PLAN = """
id = "two-prices"
name = "Included"
valid_from = 2026-01-01

[allowance]
minutes_per_month = 40

[minimum]
per_month = "30"

[pool]
price = "6"
minutes = 50
valid_months = 1

[[prepaid.class]]
top_up_min = "10"
price_per_minute = "0.07"

[[rate]]
party = "enterprise"
price_per_minute = "0.12"
increment = "60s"
connect_fee = "0.03"

[[rate]]
party = "enterprise"
relation = "local"
price_per_minute = "0.0875"
increment = "30/6"
"""
# The pool begins in September; its end, the gift's and the class's beginning lie among
# October's calls.
TOP_UPS = """\
top_up_id,account_id,kind,subscription_id,paid,granted,granted_minutes,valid_from,valid_until
P,A1,pool,S1,,,,2026-09-05T00:00:00+08:00,2026-10-05T00:50:00+08:00
G,A1,gift,,,3,,2026-10-01,2026-10-05T00:20:00+08:00
T,A1,top_up,,10,,,2026-10-05T00:30:00+08:00,
"""
NUMBERS = ("4008001234", "4006005678")
HEADER = "call_id,calling_number,service_number,answering_number,setup_at,answered_at,released_at\n"
PLACE_COLUMNS = ("file", "file_id", "row", "received_at")


@dataclass(frozen=True)
class Cut:
    seed: int
    files: int
    run_bytes: int


@dataclass(frozen=True)
class Outcome:
    """All rated rows in the order of their keys, places apart, and the invoices of two months."""

    rows: list[dict[str, object]]
    september: Invoice
    october: Invoice


def drawn_calls() -> list[str]:
    draw = random.Random(20_261_005)
    rows = []
    for index in range(200):
        midnight = dt.datetime.fromisoformat("2026-10-05" if index < 140 else "2026-09-05")
        setup = midnight + dt.timedelta(minutes=draw.randrange(0, 60))
        answered = setup + dt.timedelta(seconds=2)
        released = answered + dt.timedelta(milliseconds=draw.randrange(0, 120_000))
        caller = draw.choice(("13800138000", "02161112222", "anonymous"))
        rows.append(
            f"c{index},{caller},{draw.choice(NUMBERS)},02161234567,{setup},{answered},{released}\n"
        )
    return rows


@pytest.fixture(scope="module")
def outcome_of(tmp_path_factory):
    def make(cut: Cut) -> Outcome:
        folder: Path = tmp_path_factory.mktemp("cut")
        config = register_owning(folder, *NUMBERS, plan=PLAN)
        engine = open_register(config.register_file)
        (folder / "top_ups.csv").write_text(TOP_UPS, encoding="utf-8")
        import_accounts(engine, [folder / "top_ups.csv"], now_us=0)
        rows = drawn_calls()
        if cut.seed:
            random.Random(cut.seed).shuffle(rows)
        for index in range(cut.files):
            file = folder / f"calls-{index}.csv"
            file.write_text(HEADER + "".join(rows[index :: cut.files]), encoding="utf-8")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("cdrpipe.intake.files.RUN_BYTES", cut.run_bytes)
                import_files([file], config=config)
        connection = open_answers(config)
        place = ", ".join(PLACE_COLUMNS)
        stored = connection.sql(f"SELECT * EXCLUDE ({place}) FROM record ORDER BY call_id")
        september, october = (
            preview_invoices(connection, load_snapshot(engine), bill_cycle(month))
            for month in ("2026-09", "2026-10")
        )
        return Outcome(stored.to_arrow_table().to_pylist(), *september, *october)

    return make


@pytest.fixture(scope="module")
def whole(outcome_of) -> Outcome:
    return outcome_of(Cut(seed=0, files=1, run_bytes=2**20))


@pytest.mark.parametrize(
    "cut",
    [
        Cut(seed=1, files=1, run_bytes=2**20),
        Cut(seed=0, files=1, run_bytes=900),
        Cut(seed=2, files=5, run_bytes=1_300),
    ],
    ids=str,
)
def test_files_shuffled_recut_and_split_give_the_same_rows_and_invoices(outcome_of, whole, cut):
    assert outcome_of(cut) == whole


def test_the_months_that_are_recut_use_up_what_was_prepaid(whole):
    (included,) = whole.october.allowances
    assert included.left_ms < 60_000
    pool, gift, top_up = whole.october.prepaid
    assert whole.september.prepaid[0].used_ms > 0  # and goes on in October
    assert pool.used_ms > 0
    assert gift.paid_micros > 0
    assert top_up.paid_micros > 0
    assert {row["top_up_class_micros"] for row in whole.rows} == {None, 10_000_000}
