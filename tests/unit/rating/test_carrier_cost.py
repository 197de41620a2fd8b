"""What the carrier is owed stands beside the price, and changes nothing of it."""

from typing import Any

import pyarrow as pa
import pytest
from records import NOW_US, after, cdr, decoded, unanswered
from references import PLAN, owned, reference

from cdrpipe import rate
from cdrpipe.cdr.duplicate import SeenWindow
from cdrpipe.errors import TariffError
from cdrpipe.pipeline import process_batch
from cdrpipe.tariff.rate_deck import parse_rate_plan

NUMBER = "4008001234"

# 0.06 a minute in increments of 6 s; to mobiles 0.09 a started minute.
CARRIER = """
[[rate]]
party = "carrier"
price_per_minute = "0.06"
increment = "6s"
decimals = 6

[[rate]]
party = "carrier"
answering_kind = "mobile"
price_per_minute = "0.09"
increment = "60s"
"""


def rated(plan: str, *calls: dict[str, Any]) -> list[dict[str, Any]]:
    batch = process_batch(
        decoded(*calls),
        reference=reference(owned(NUMBER, bill_from="bridged"), plan=plan),
        seen=SeenWindow(),
        received_at_us=NOW_US,
    )
    return batch.rows.to_pylist()


def test_the_cost_counts_from_the_answer_in_the_carriers_own_increments() -> None:
    # Answered at +2 s, bridged at +10 s, released at +70 s: the enterprise pays for 60 s, the
    # carrier is owed 68 s = 12 increments of 6 s = 72 s at 0.06 a minute = 0.072; to a mobile two
    # started minutes at 0.09.
    to_landline, to_mobile = rated(
        PLAN + CARRIER, cdr("c1"), cdr("c2", answering_number_raw="13900139000")
    )
    assert to_landline["enterprise_billable_ms"] == 60_000
    assert to_landline["carrier_cost_micros"] == 72_000
    assert to_landline["carrier_rate_id"] == "carrier"
    assert to_mobile["carrier_cost_micros"] == 180_000
    assert to_mobile["carrier_rate_id"] == "carrier to-mobile"


def test_the_payers_charges_are_those_without_a_carrier() -> None:
    calls = [
        cdr("c1"),
        cdr("c2", bridged_at=None),
        unanswered("c3"),
        cdr("c4", bridged_at=None, released_at=after(2)),
    ]
    with_carrier, without = rated(PLAN + CARRIER, *calls), rated(PLAN, *calls)
    costs = [(row.pop("carrier_rate_id"), row.pop("carrier_cost_micros")) for row in with_carrier]
    nothing = [(row.pop("carrier_rate_id"), row.pop("carrier_cost_micros")) for row in without]
    assert with_carrier == without
    assert nothing == [(None, None)] * 4
    # Never answered: not rated, so no cost. Answered for no time: none is owed.
    assert [cost for _, cost in costs] == [72_000, 72_000, None, 0]


def test_a_call_that_no_carrier_rate_matches_is_rated_without_a_cost() -> None:
    only_mobile = CARRIER.split("\n\n")[1]
    [row] = rated(PLAN + "\n" + only_mobile, cdr("c1"))
    assert row["outcome"] == "rated"
    assert row["enterprise_charge_micros"] == 200_000
    assert (row["carrier_rate_id"], row["carrier_cost_micros"]) == (None, None)


def test_a_test_call_that_is_free_costs_the_carriers_price() -> None:
    plan = PLAN.replace("[[rate]]", 'free_numbers = ["13800138000"]\n\n[[rate]]', 1)
    [row] = rated(plan + CARRIER, cdr("c1"))
    assert row["enterprise_charge_micros"] == 0
    assert row["carrier_cost_micros"] == 72_000


def test_a_suspended_call_has_no_cost() -> None:
    plan = PLAN.replace(
        '[[rate]]\nparty = "enterprise"\nprice',
        '[[rate]]\nparty = "enterprise"\nrelation = "unknown"\nprice',
    )
    assert plan != PLAN
    [row] = rated(plan + CARRIER, cdr("c1", calling_number_raw="0044 20 7946 0000"))
    assert row["suspense_reason"] == "RATE_NOT_FOUND"
    assert row["carrier_cost_micros"] is None


def test_the_python_api_gives_the_cost_too() -> None:
    table = pa.table(
        {
            "answered_at": pa.array([after(0)], pa.timestamp("us", tz="UTC")),
            "billable_ms": pa.array([61_000], pa.int64()),
        }
    )
    priced = rate(table, PLAN + CARRIER)
    # 61 s = 11 increments of 6 s = 66 s.
    assert priced["carrier_cost_micros"].to_pylist() == [66_000]


def test_two_carrier_rates_alike_are_refused_like_any_others() -> None:
    twice = PLAN + CARRIER + CARRIER.replace('price_per_minute = "0.09"', 'price = "1"\nper = "1s"')
    with pytest.raises(TariffError) as caught:
        parse_rate_plan(twice, file="plan.toml")
    assert len(caught.value.faults) == 2
