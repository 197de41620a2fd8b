"""Small months of calls, rated as they arrive under a register, without a lake on disk."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from records import CHINA, cdr, decoded
from references import owned, regions

from cdrpipe.billing.invoice import Invoice
from cdrpipe.billing.invoice_line import InvoiceLine
from cdrpipe.cdr.duplicate import SeenWindow
from cdrpipe.cdr.schema import RATED_SCHEMA
from cdrpipe.guiding.guide import build_guide_table
from cdrpipe.guiding.ownership import Ownership, Subscription
from cdrpipe.lake.query import open_other_calls
from cdrpipe.pipeline import Reference, process_batch
from cdrpipe.register.snapshot import Account, RegisterSnapshot
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion, RateStep
from cdrpipe.tariff.rate_table import build_rate_table

# Two numbers of the first account, one of the second.
NUMBERS = {"4008001234": "A1", "4006005678": "A1", "4009990000": "A2"}
OWNERSHIPS = tuple(owned(number, account_id) for number, account_id in NUMBERS.items())

_AFTER_ALL_US = int(dt.datetime(2026, 12, 1, tzinfo=CHINA).timestamp()) * 1_000_000


def flat(plan_id: str, price_micros: int, **terms: Any) -> RatePlanVersion:
    """Make a plan of one price a started minute, kept to the micro."""
    step = RateStep(from_ms=0, price_micros=price_micros, per_ms=60_000, increment_ms=60_000)
    rate = Rate(rate_id="minute", party="enterprise", steps=(step,), rounding="none")
    plain: dict[str, Any] = {"version": 1, "rates": (rate,), "valid_until_us": None}
    return RatePlanVersion(
        **plain
        | {
            "plan_id": plan_id,
            "name": plan_id.title(),
            "tz": "Asia/Shanghai",
            "valid_from_us": 0,
            "split": "independent",
        }
        | terms
    )


def by_relation(version: RatePlanVersion, **prices_micros: int) -> RatePlanVersion:
    """Give a plan of one price other prices for some relations."""
    (rate,) = version.rates
    (step,) = rate.steps
    rates = [
        replace(
            rate,
            rate_id=relation,
            relation=relation,
            steps=(replace(step, price_micros=micros),),
        )
        for relation, micros in prices_micros.items()
    ]
    return replace(version, rates=(rate, *rates))


def subscribed(account_id: str, plan_id: str, **columns: Any) -> Subscription:
    """Subscribe an account to a plan with all its numbers, since ever."""
    plain: dict[str, Any] = {
        "subscription_id": f"S-{account_id}-{plan_id}",
        "service_number": None,
        "valid_from_us": 0,
        "valid_until_us": None,
    }
    return Subscription(account_id=account_id, plan_id=plan_id, **plain | columns)


def register_of(
    versions: Sequence[RatePlanVersion],
    subscriptions: Sequence[Subscription],
    *,
    ownerships: Sequence[Ownership] = OWNERSHIPS,
) -> RegisterSnapshot:
    """Make a register with accounts A1 and A2."""
    return RegisterSnapshot(
        accounts=tuple(
            Account(account_id=account_id, name=f"Name {account_id}", opened_on=None, contact=None)
            for account_id in ("A1", "A2")
        ),
        ownerships=tuple(ownerships),
        subscriptions=tuple(subscriptions),
        plan_versions=tuple(versions),
        revision=1,
    )


def invoice_of(account_id: str, *lines: InvoiceLine) -> Invoice:
    """Make an invoice of October of some lines."""
    return Invoice(
        account_id=account_id,
        account_name="",
        month="2026-10",
        lines=lines,
        allowances=(),
        prepaid=(),
    )


def call(
    call_id: str,
    day: dt.date,
    seconds: float,
    *,
    number: str = "4008001234",
    caller: str = "13800138000",
) -> dict[str, Any]:
    """Describe a call that lasts some seconds from noon, answered and bridged at once."""
    at = dt.datetime.combine(day, dt.time(12), tzinfo=CHINA)
    return cdr(
        call_id,
        service_number_raw=number,
        calling_number_raw=caller,
        setup_at=at,
        answered_at=at,
        bridged_at=at,
        released_at=at + dt.timedelta(seconds=seconds),
    )


def rated_rows(snapshot: RegisterSnapshot, calls: Iterable[dict[str, Any]]) -> pa.Table:
    """Rate calls as they arrive under a register."""
    reference = Reference(
        regions=regions(),
        guide=build_guide_table(
            snapshot.ownerships, snapshot.subscriptions, snapshot.plan_versions
        ),
        rates=build_rate_table(snapshot.plan_versions),
        plan_versions=snapshot.plan_versions,
    )
    rows = process_batch(
        decoded(*calls), reference=reference, seen=SeenWindow(), received_at_us=_AFTER_ALL_US
    ).rows
    return rows.filter(pc.equal(rows["kind"], "usage"))


def rated_under(
    snapshot: RegisterSnapshot, calls: Iterable[dict[str, Any]]
) -> duckdb.DuckDBPyConnection:
    """Open a connection whose ``rated`` holds the calls, rated as they arrived."""
    return open_other_calls([rated_rows(snapshot, calls)], RATED_SCHEMA)
