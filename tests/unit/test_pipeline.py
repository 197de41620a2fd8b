"""One batch through every stage: each outcome, each reason of owner and rate, and what is kept."""

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from records import NOON, NOW_US, after, cdr, decoded, unanswered
from references import instant_us, owned, reference

from cdrpipe.cdr.duplicate import SeenWindow
from cdrpipe.cdr.schema import PROCESSED_SCHEMA, RATED_SCHEMA, UNREADABLE_SCHEMA, plain_texts
from cdrpipe.mediation.payload import DecodedBatch
from cdrpipe.pipeline import ProcessedBatch, process_batch

NUMBER = "4008001234"


def processed(
    *rows: dict[str, Any], seen: SeenWindow | None = None, **places: Any
) -> ProcessedBatch:
    return process_batch(
        decoded(*rows),
        reference=places.get("reference") or reference(owned(NUMBER)),
        seen=SeenWindow() if seen is None else seen,
        received_at_us=NOW_US,
    )


def outcomes(*rows: dict[str, Any], **places: Any) -> list[str]:
    found = processed(*rows, **places).rows.to_pylist()
    return [row["suspense_reason"] or row["outcome"] for row in found]


def one(*rows: dict[str, Any], **places: Any) -> dict[str, Any]:
    return processed(*rows, **places).rows.to_pylist()[0]


def test_a_call_is_rated_for_both_parties() -> None:
    # 13800138000 is Beijing, 021 Shanghai: 68 s long distance = 2 minutes at 0.20;
    # the caller's first three minutes cost 0.22.
    row = one(cdr("c1"))
    assert row["outcome"] == "rated"
    assert (row["calling_number"], row["calling_kind"]) == (8613800138000, "mobile")
    assert (row["calling_region_id"], row["answering_region_id"]) == (110010, 310021)
    assert (row["relation"], row["account_id"]) == ("long_distance", "A1")
    assert (row["plan_id"], row["plan_version"]) == ("two-prices", 1)
    assert (row["enterprise_billable_ms"], row["caller_billable_ms"]) == (68_000, 68_000)
    assert row["enterprise_charge_micros"] == 400_000
    assert row["caller_charge_micros"] == 220_000
    assert row["billing_started_at"] == after(2)
    assert row["billing_date"] == dt.date(2026, 10, 5)
    assert row["rating_version"] == 1


def test_the_day_of_billing_is_chinas() -> None:
    late = dt.datetime(2026, 10, 4, 15, 59, 59, tzinfo=dt.UTC)
    stamps = {"setup_at": late, "bridged_at": None, "released_at": late + dt.timedelta(seconds=9)}
    assert one(cdr("c1", answered_at=late, **stamps))["billing_date"] == dt.date(2026, 10, 4)
    second_later = late + dt.timedelta(seconds=1)
    assert one(cdr("c1", answered_at=second_later, **stamps))["billing_date"] == dt.date(
        2026, 10, 5
    )


def test_every_record_has_one_outcome_and_they_add_up() -> None:
    batch = processed(
        cdr("c1"),
        cdr("c1"),
        cdr("c1", cause=17),
        unanswered("c2"),
        cdr("leg", first_leg_id="c1"),
        cdr("c3", service_number_raw="4009999999"),
    )
    assert batch.counts == {
        "rated": 1,
        "unanswered": 1,
        "merged": 1,
        "duplicate": 1,
        "suspended": 2,
    }
    in_order = sorted(batch.rows.to_pylist(), key=lambda row: row["row"])
    assert [row["belongs_to"] for row in in_order] == [
        None,
        "c1",
        "c1",
        None,
        "c1",
        None,
    ]


def test_rows_are_complete_and_of_the_stored_schema() -> None:
    batch = processed(cdr("c1"), unanswered("c2"), cdr("c3", service_number_raw="1"))
    assert batch.rows.schema == PROCESSED_SCHEMA
    assert plain_texts(batch.rows).schema == RATED_SCHEMA
    for field in RATED_SCHEMA:
        if not field.nullable:
            assert batch.rows[field.name].null_count == 0, field.name


def test_usage_and_asides_are_told_apart() -> None:
    rows = processed(cdr("c1"), unanswered("c2"), cdr("c1")).rows.to_pylist()
    assert [row["kind"] for row in rows] == ["usage", "usage", "aside"]


def test_an_unanswered_call_has_an_owner_and_no_charge() -> None:
    row = one(unanswered("c1"))
    assert (row["outcome"], row["account_id"]) == ("unanswered", "A1")
    assert row["enterprise_charge_micros"] is None
    assert row["caller_charge_micros"] is None
    assert row["rating_version"] is None


def test_a_call_answered_for_zero_seconds_is_rated_at_nothing() -> None:
    row = one(cdr("c1", billable_ms=0))
    assert row["outcome"] == "rated"
    assert (row["enterprise_charge_micros"], row["caller_charge_micros"]) == (0, 0)


def test_a_missed_call_counts_the_numbers_home_for_its_relation() -> None:
    missed = cdr("c1", bridged_at=None, calling_number_raw="02161112222")
    row = one(missed)
    assert (row["relation"], row["answering_kind"]) == ("local", "none")
    ring_tone = reference(owned(NUMBER, bill_from="bridged"))
    row = one(missed, reference=ring_tone)
    assert row["outcome"] == "rated"
    assert row["enterprise_charge_micros"] == 0
    assert row["caller_charge_micros"] == 220_000


def test_numbers_keep_their_text_only_where_it_is_another() -> None:
    rows = processed(
        cdr("c1"), cdr("c2", calling_number_raw="+8613800138000"), cdr("c3", calling_number_raw="x")
    ).rows.to_pylist()
    assert [row["calling_number_raw"] for row in rows] == [None, "+8613800138000", "x"]
    assert [row["calling_number"] for row in rows] == [8613800138000, 8613800138000, None]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"service_number_raw": "4001112222"}, "SERVICE_NUMBER_NOT_OWNED"),
        ({"service_number_raw": None}, "SERVICE_NUMBER_NOT_OWNED"),
        ({"released_at": after(-5)}, "RELEASED_BEFORE_STARTED"),
    ],
)
def test_a_record_that_cannot_be_rated_is_held_with_its_bytes(
    columns: dict[str, Any], expected: str
) -> None:
    row = one(cdr("c1", **columns))
    assert (row["outcome"], row["suspense_reason"]) == ("suspended", expected)
    assert row["raw"] == b"raw of 0"
    assert row["suspense_detail"]
    assert row["enterprise_charge_micros"] is None


def test_a_call_under_no_plan_is_held_and_an_unanswered_one_is_not() -> None:
    lapsed = reference(owned(NUMBER), subscribed_until_us=instant_us(2026, 10, 1))
    assert outcomes(cdr("c1"), unanswered("c2"), reference=lapsed) == [
        "NO_PLAN_IN_FORCE",
        "unanswered",
    ]


def test_a_call_without_a_rate_is_held() -> None:
    local_only = """
    id = "local-only"
    name = "Local only"
    valid_from = 2026-01-01

    [[rate]]
    party = "enterprise"
    relation = "local"
    price_per_minute = "0.10"
    increment = "60s"
    """
    narrow = reference(owned(NUMBER), plan=local_only)
    assert outcomes(cdr("c1"), reference=narrow) == ["RATE_NOT_FOUND"]


def test_a_reassigned_number_belongs_to_whom_owned_it_when_billing_started() -> None:
    change = int(after(2).timestamp()) * 1_000_000
    owners = reference(
        owned(NUMBER, "old", valid_until_us=change), owned(NUMBER, "new", valid_from_us=change)
    )
    before = after(2) - dt.timedelta(microseconds=1)
    assert one(cdr("c1"), reference=owners)["account_id"] == "new"
    assert one(cdr("c1", answered_at=before), reference=owners)["account_id"] == "old"


def test_a_copy_in_a_later_batch_is_found_once_the_first_is_admitted() -> None:
    seen = SeenWindow()
    first = processed(cdr("c1"), seen=seen)
    assert outcomes(cdr("c1"), seen=seen) == ["rated"]
    seen.admit(first.fresh)
    assert outcomes(cdr("c1"), cdr("c1", billable_ms=1), seen=seen) == [
        "duplicate",
        "CONFLICTS_WITH_COMMITTED_RECORD",
    ]


def test_a_held_record_too_is_the_first_with_its_key() -> None:
    seen = SeenWindow()
    unowned = cdr("c1", service_number_raw="4001112222")
    seen.admit(processed(unowned, seen=seen).fresh)
    assert outcomes(unowned, seen=seen) == ["duplicate"]


def test_a_number_that_changes_hands_while_it_rings_is_billed_as_its_owner_at_the_answer() -> None:
    during = int(after(1).timestamp()) * 1_000_000
    ring_tone = reference(owned(NUMBER, valid_from_us=during, bill_from="bridged"))
    assert one(cdr("c1"), reference=ring_tone)["enterprise_billable_ms"] == 60_000


def test_the_parts_of_a_long_call_owe_one_connect_fee_and_keep_its_relation() -> None:
    fee = """
    id = "fee"
    name = "Fee"
    valid_from = 2026-01-01

    [[rate]]
    party = "enterprise"
    relation = "long_distance"
    connect_fee = "1"
    price_per_minute = "0.20"
    increment = "60s"
    """
    first = cdr("c", partial_no=1, is_final=False, billable_ms=60_000)
    last = cdr(
        "c",
        partial_no=2,
        is_continuation=True,
        billable_ms=60_000,
        calling_number_raw=None,
        answering_number_raw=None,
    )
    rows = processed(first, last, reference=reference(owned(NUMBER), plan=fee)).rows.to_pylist()
    assert [row["outcome"] for row in rows] == ["merged", "rated"]
    assert rows[1]["enterprise_charge_micros"] == 1_400_000


def test_a_copy_is_a_copy_whatever_the_trunks_area_is_now() -> None:
    seen = SeenWindow()
    local = decoded(cdr("c1", calling_number_raw="61234567"))
    for trunk_area, outcome in (("", "rated"), ("021", "duplicate")):
        batch = process_batch(
            local,
            reference=reference(owned(NUMBER)),
            seen=seen,
            received_at_us=NOW_US,
            trunk_area=trunk_area,
        )
        assert batch.rows["outcome"].to_pylist() == [outcome]
        seen.admit(batch.fresh)


def test_the_answering_number_of_a_merged_leg_sets_the_relation() -> None:
    blind = {"bridged_at": None, "bridged_stated": False, "answering_number_raw": None}
    call = cdr("call", second_leg_id="leg", calling_number_raw="02161112222", **blind)
    leg = cdr("leg", service_number_raw="02161234567", answered_at=after(12))
    row = one(call, leg)
    assert (row["relation"], row["answering_number"]) == ("local", 862161234567)
    assert row["bridged_at"] == after(12)
    assert row["content_fingerprint"] is not None


def test_unreadable_records_are_kept_beside_the_others() -> None:
    unreadable = pa.Table.from_pylist(
        [
            {
                "source": "native",
                "topic": "cdr",
                "partition": 0,
                "offset": 7,
                "row": 0,
                "suspense_reason": "MESSAGE_UNREADABLE",
                "suspense_detail": "expected JSON",
                "raw": b"\xff",
            }
        ],
        schema=UNREADABLE_SCHEMA,
    )
    good = decoded(cdr("c1"))
    batch = process_batch(
        DecodedBatch(cdrs=good.cdrs, unreadable=unreadable, raw_of=good.raw_of),
        reference=reference(owned(NUMBER)),
        seen=SeenWindow(),
        received_at_us=NOW_US,
    )
    row = batch.rows.to_pylist()[1]
    assert batch.counts["suspended"] == 1
    assert (row["raw"], row["offset"], row["suspense_reason"]) == (b"\xff", 7, "MESSAGE_UNREADABLE")
    assert row["billing_date"] == dt.date(2026, 10, 6)


def test_an_empty_batch_makes_no_rows() -> None:
    batch = processed()
    assert batch.rows.num_rows == 0
    assert set(batch.counts.values()) == {0}
    assert NOON.tzinfo is not None
