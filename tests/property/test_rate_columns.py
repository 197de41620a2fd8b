"""Whole calls by the kernels are rated as frame by frame, whatever the records say."""

import datetime as dt
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from records import CHINA, NOW_US, after, cdr, cdr_table, decoded
from references import PLAN, owned, reference

from cdrpipe.cdr.duplicate import SeenWindow
from cdrpipe.cdr.record_numbers import normalize_records
from cdrpipe.cdr.schema import PROCESSED_SCHEMA
from cdrpipe.pipeline import in_one_chunk, process_batch
from cdrpipe.rating.billing_day import billing_days
from cdrpipe.rating.rate_columns import rate_columns
from cdrpipe.rating.rate_frame import rate_frame

CARRIER = """
[[rate]]
party = "carrier"
id = "line"
relation = "long_distance"
price_per_minute = "0.02"
increment = "1s"
"""

# Calls that are not local, or long distance, find no rate.
LOCAL_ONLY = """
id = "local-only"
name = "Local only"
valid_from = 2026-01-01

[[rate]]
party = "enterprise"
relation = "local"
zone = "home"
price_per_minute = "0.10"
increment = "60s"

[[zone]]
name = "home"
areas = ["021"]
"""

# One number changed hands in the middle of the day, one is billed from the bridge, one too, but
# takes one source's answer for it; one has no plan in the afternoon.
NOON_US = int(after(0).timestamp()) * 1_000_000
HANDED_ON = [
    owned("4008001234", "A1", valid_until_us=NOON_US + 5_000_000),
    owned("4008001234", "A2", valid_from_us=NOON_US + 5_000_000, home_region_id=None),
]
OWNED = (
    *HANDED_ON,
    owned("4008005678", "A3", bill_from="bridged"),
    owned("4008009999", "A4", bill_from="bridged", bridged_is_answered_for=("native", "b")),
    owned("4001112222", "A5", valid_from_us=NOON_US),
)
REFERENCES = (
    reference(*OWNED),
    reference(*OWNED, plan=PLAN + CARRIER),
    reference(*OWNED, plan=PLAN + CARRIER, subscribed_until_us=NOON_US + 6_000_000),
    reference(*OWNED, plan=LOCAL_ONLY),
)

NUMBERS = st.sampled_from(
    [
        None,
        "",
        "13800138000",
        "+8613800138000",
        "02161234567",
        "021 6123 4567",
        "61234567",
        "+85291234567",
        "004420794600",
        "95588",
        "70012345678",
        "4008001234",
        "hidden",
    ]
)
SERVICE_NUMBERS = st.sampled_from(
    [
        None,
        "",
        " ",
        "4008001234",
        "400-800-1234",
        "+86 4008005678",
        "4008005678",
        "4008009999",
        "4001112222",
        "4009999999",
        "voicemail ",
    ]
)
SECONDS = st.sampled_from(
    [-90_000, -60, 0, 0.000_001, 2, 4.999_999, 5, 10, 70, 130, 86_400, 90_000]
)
INSTANTS = st.one_of(st.none(), SECONDS.map(after), st.just(dt.datetime(2031, 1, 1, tzinfo=dt.UTC)))
RECORDS = st.fixed_dictionaries(
    {
        "call_id": st.sampled_from(["a", "b", "c", "d", "e", "f"]),
        "source": st.sampled_from(["native", "b", "c"]),
        "leg": st.sampled_from(["", "1"]),
        "is_continuation": st.booleans(),
        "calling_number_raw": NUMBERS,
        "service_number_raw": SERVICE_NUMBERS,
        "answering_number_raw": NUMBERS,
        "setup_at": INSTANTS,
        "answered_at": INSTANTS,
        "bridged_at": INSTANTS,
        "released_at": INSTANTS,
        "billable_ms": st.sampled_from([None, None, -1, 0, 1, 59_999, 60_000, 86_400_001]),
        "billable_from": st.sampled_from([None, "answered", "bridged"]),
        "bridged_stated": st.booleans(),
        "cause": st.sampled_from([None, 16]),
        "extension": st.sampled_from([None, "1"]),
        "recording_url": st.sampled_from([None, "https://x/1"]),
    }
)


@given(
    records=st.lists(st.one_of(RECORDS, st.just({"call_id": "ordinary"})), max_size=30),
    place=st.sampled_from(range(len(REFERENCES))),
    trunk_area=st.sampled_from(["", "021"]),
    stored=st.integers(0, 3),
)
@settings(max_examples=120, deadline=None)
def test_kernels_and_frames_rate_alike(
    records: list[dict[str, Any]], place: int, trunk_area: str, stored: int
) -> None:
    found = REFERENCES[place]
    calls = [cdr(**record) for record in records]
    seen = SeenWindow()
    seen.admit(
        process_batch(
            decoded(*calls[:stored]),
            reference=found,
            seen=seen,
            received_at_us=NOW_US,
            trunk_area=trunk_area,
        ).fresh
    )
    cdrs = in_one_chunk(cdr_table(calls))
    numbers = normalize_records(cdrs, regions=found.regions, trunk_area=trunk_area)
    judged = seen.judge(cdrs.append_column("service_number", numbers.service_number))
    by_kernels = rate_columns(
        cdrs,
        numbers=numbers,
        verdict=judged.verdict,
        guide=found.guide,
        rates=found.rates,
        names=found.names,
        received_at_us=NOW_US,
        rating_version=1,
    )
    by_frames = rate_frame(
        cdrs,
        verdict=judged.verdict,
        content=judged.content,
        seen=seen,
        regions=found.regions,
        trunk_area=trunk_area,
        guide=found.guide,
        rates=found.rates,
        plan_versions=found.plan_versions,
        received_at_us=NOW_US,
        rating_version=1,
    )
    by_kernels["raw"] = pa.nulls(len(records), pa.binary())
    columns = [by_kernels[name] for name in PROCESSED_SCHEMA.names]
    rows = pa.Table.from_arrays(columns, schema=PROCESSED_SCHEMA)
    rows.validate(full=True)
    for name in PROCESSED_SCHEMA.names:
        assert rows[name].to_pylist() == by_frames.rows[name].to_pylist(), name


@given(records=st.lists(RECORDS, max_size=20))
@settings(max_examples=100, deadline=None)
def test_days_are_those_of_the_first_stamps(records: list[dict[str, Any]]) -> None:
    cdrs = cdr_table(cdr(**record) for record in records)
    expected = set()
    for row in cdrs.to_pylist():
        others = [row[name] for name in ("answered_at", "bridged_at", "released_at")]
        stamps = [row["setup_at"]] if row["setup_at"] else [each for each in others if each]
        if stamps:
            expected.add(min(stamps).astimezone(CHINA).date())
    assert billing_days(cdrs) == expected
