"""The kernels alone, each beside its plain rule, on the same rows."""

import random
from pathlib import Path

import pyarrow as pa

import cdrpipe.demo
from benchmarks.measure import RUNS, Measured, measure
from cdrpipe.cdr.normalize import normalize, normalize_batch
from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.rating.charge import charge_call
from cdrpipe.rating.rate_batch import rate_batch
from cdrpipe.rating.rate_group import CallFacts
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import RatePlanVersion
from cdrpipe.tariff.rate_table import build_rate_table

SMALL_ROWS = 1_000
FULL_ROWS = 1_000_000
# The plain rule is slow: it prices this share of the rows.
PLAIN_SHARE = 50
SEED = 400

_PLANS = Path(cdrpipe.demo.__file__).parent / "plans"


def bench_normalize(*, rows: int, runs: int = RUNS) -> list[Measured]:
    """Normalise calling numbers, 85 % of them clean."""
    draw = random.Random(SEED)
    texts = [_number(draw) for _ in range(rows)]
    column, regions = pa.array(texts), load_region_table()
    plain = texts[: max(1, rows // PLAIN_SHARE)]

    def by_kernel() -> int:
        found = normalize_batch(column, trunk_area="", regions=regions)
        return int(pa.compute.sum(found.region_id).as_py())

    def by_rule() -> int:
        return sum(normalize(text, trunk_area="", regions=regions).region_id for text in plain)

    same = normalize_batch(pa.array(plain), trunk_area="", regions=regions)
    assert sum(same.region_id.to_pylist()) == by_rule()
    return [
        measure("normalise, kernel", by_kernel, rows=rows, runs=runs),
        measure("normalise, plain rule", by_rule, rows=len(plain), runs=runs),
    ]


def bench_charge(*, rows: int, runs: int = RUNS) -> list[Measured]:
    """Price both parties' shares under the published plans."""
    versions = [
        version
        for file in sorted(_PLANS.glob("*.toml"))
        for version in parse_rate_plan(file.read_text(encoding="utf-8"), file=file.name)
    ]
    draw = random.Random(SEED)
    calls = [
        (
            draw.randrange(len(versions)),
            draw.randrange(len(RELATIONS)),
            draw.randrange(len(NUMBER_KINDS) - 1),
            draw.randrange(len(NUMBER_KINDS)),
            draw.randrange(1, 600_000),
        )
        for _ in range(rows)
    ]
    table = build_rate_table(versions)

    def by_kernel(columns: dict[str, pa.Array]) -> int:
        charged = rate_batch(**columns, rate_table=table)
        return int(pa.compute.sum(charged.enterprise_charge_micros).as_py())

    columns = _columns(calls)
    plain = calls[: max(1, rows // PLAIN_SHARE)]

    def by_rule() -> int:
        return sum(_enterprise_charge(versions[call[0]], call) for call in plain)

    assert by_kernel(_columns(plain)) == by_rule()
    return [
        measure("charge, kernel", lambda: by_kernel(columns), rows=rows, runs=runs),
        measure("charge, plain rule", by_rule, rows=len(plain), runs=runs),
    ]


def _columns(calls: list[tuple[int, ...]]) -> dict[str, pa.Array]:
    plan, relation, calling, answering, length_ms = zip(*calls, strict=True)
    return {
        "plan_version_index": pa.array(plan, pa.int32()),
        "relation": pa.array(relation, pa.int8()),
        "calling_kind": pa.array(calling, pa.int8()),
        "answering_kind": pa.array(answering, pa.int8()),
        "enterprise_billable_ms": pa.array(length_ms, pa.int64()),
        "caller_billable_ms": pa.array(length_ms, pa.int64()),
        "is_continuation": pa.array([False] * len(calls)),
        "is_priced": pa.array([True] * len(calls)),
    }


def _enterprise_charge(version: RatePlanVersion, call: tuple[int, ...]) -> int:
    _, relation, calling, answering, length_ms = call
    facts = CallFacts(
        billable_ms=length_ms,
        relation=RELATIONS[relation],
        calling_kind=NUMBER_KINDS[calling],
        answering_kind=NUMBER_KINDS[answering],
    )
    charges = charge_call(version, enterprise=facts, caller=facts)
    assert charges.enterprise_charge_micros is not None
    return charges.enterprise_charge_micros


def _number(draw: random.Random) -> str:
    mobile = f"13{draw.randrange(10**9):09}"
    if draw.random() < 0.85:
        return mobile
    return draw.choice(["+86", "0086", "86", "0", "17951"]) + mobile
