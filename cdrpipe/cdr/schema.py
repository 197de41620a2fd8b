"""The columns of a call detail record, from the reader to the lake.

Three schemas, each the one before and more:

``CDR_SCHEMA``      what a reader (``mediation/``) makes of a source's words
``RATED_SCHEMA``    what the pipeline makes of that; the lake stores it (``lake/layout.py``);
                    ``PROCESSED_SCHEMA`` is the same with few-valued texts as words
``UNREADABLE_SCHEMA``  records that no reader could make a CDR of

Instants are UTC microseconds, durations milliseconds, money micros of a yuan. Null means
*not known* or *did not happen*, as the column says.
"""

from collections.abc import Iterable

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")

# A text that few distinct values fill: kept once, and a number a row.
WORD = pa.dictionary(pa.int32(), pa.string())

# Months and billing dates are this zone's, whatever a tariff's is.
BILLING_ZONE = "Asia/Shanghai"

# Where a record came from: a topic's message or a file's record.
PLACE_FIELDS = [
    pa.field("topic", pa.string()),  # null for files
    pa.field("partition", pa.int32()),  # null for files
    pa.field("offset", pa.int64()),  # null for files
    pa.field("file", pa.string()),  # base name; null for topics
    pa.field("file_id", pa.string()),  # SHA-256 of the stored bytes, 64 hex digits; null for topics
    pa.field(
        "row", pa.int64(), nullable=False
    ),  # files: record, from 1; messages: CDR within it, from 0
]


def _as_words(fields: Iterable[pa.Field]) -> list[pa.Field]:
    return [field.with_type(WORD) if field.type == pa.string() else field for field in fields]


CDR_SCHEMA = pa.schema(
    [
        pa.field("source", WORD, nullable=False),  # configured name, or the format's
        pa.field("call_id", pa.string(), nullable=False),
        pa.field("leg", WORD, nullable=False),  # "" where the source knows one leg only
        pa.field("partial_no", pa.int32(), nullable=False),  # 0: not one of several parts
        pa.field("is_final", pa.bool_(), nullable=False),  # the last part, or the only one
        pa.field("is_continuation", pa.bool_(), nullable=False),  # owes no connect fee
        pa.field("calling_number_raw", pa.string()),  # as the source wrote it
        pa.field("service_number_raw", WORD),  # the number dialled, as the source wrote it
        pa.field(
            "answering_number_raw", pa.string()
        ),  # who took the call, as written; null: not known
        pa.field("setup_at", INSTANT),
        pa.field("answered_at", INSTANT),  # the platform answered; null: it never did
        pa.field("bridged_at", INSTANT),  # a person answered; null: see bridged_stated
        pa.field("released_at", INSTANT),
        pa.field("billable_ms", pa.int64()),  # as the source states it; null: not stated
        pa.field("billable_from", WORD),  # instant billable_ms counts from: answered | bridged
        pa.field("bridged_stated", pa.bool_(), nullable=False),  # false: the source cannot tell
        pa.field("cause", pa.int16()),  # Q.850
        pa.field("extension", WORD),  # menu branch
        pa.field("recording_url", pa.string()),
        pa.field(
            "group_id", pa.string()
        ),  # records of one source and group are one call (ring group)
        pa.field("sequence", pa.int64()),  # order within the group
        pa.field(
            "first_leg_id", pa.string()
        ),  # call_id of the call whose second leg this record is
        pa.field("second_leg_id", pa.string()),  # call_id of this call's second leg
        *_as_words(PLACE_FIELDS),
    ]
)

UNREADABLE_SCHEMA = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        *PLACE_FIELDS,
        pa.field("suspense_reason", pa.string(), nullable=False),  # a name of SuspenseReason
        pa.field("suspense_detail", pa.string(), nullable=False),  # what was expected, what came
        pa.field("raw", pa.binary(), nullable=False),  # the record's bytes
    ]
)

OUTCOMES = ("rated", "unanswered", "merged", "duplicate", "suspended")

# Number kinds; the position is the code in kernels. "none": nobody was bridged (answering only).
NUMBER_KINDS = ("unknown", "landline", "mobile", "service", "international", "privacy", "none")

# Relations; the position is the code in kernels.
RELATIONS = ("unknown", "local", "long_distance", "international")

RATED_SCHEMA = pa.schema(
    [
        pa.field(
            "kind", pa.string(), nullable=False
        ),  # usage (rated, unanswered) | aside (the others) | rerated (priced again)
        pa.field("billing_date", pa.date32(), nullable=False),  # Asia/Shanghai day of billing start
        pa.field("outcome", pa.string(), nullable=False),  # one of OUTCOMES
        pa.field(
            "rating_version", pa.int32()
        ),  # 1 at first; null where nothing was rated then; every rerated row has its own
        pa.field("source", pa.string(), nullable=False),
        pa.field("call_id", pa.string()),  # null: unreadable
        pa.field("leg", pa.string()),
        pa.field("partial_no", pa.int32()),
        pa.field("is_final", pa.bool_()),
        pa.field("is_continuation", pa.bool_()),
        pa.field("calling_number", pa.int64()),  # E.164 digits; null: unknown
        pa.field("calling_number_raw", pa.string()),  # only where it differs from the display form
        pa.field("calling_kind", pa.string()),  # one of NUMBER_KINDS
        pa.field("calling_region_id", pa.int32()),  # numbering/region.py; 0: unknown
        pa.field("service_number", pa.string()),  # display form, else the text as dialled
        pa.field("answering_number", pa.int64()),
        pa.field("answering_number_raw", pa.string()),
        pa.field("answering_kind", pa.string()),
        pa.field("answering_region_id", pa.int32()),
        pa.field("relation", pa.string()),  # one of RELATIONS
        pa.field("setup_at", INSTANT),
        pa.field("answered_at", INSTANT),
        pa.field("bridged_at", INSTANT),
        pa.field("released_at", INSTANT),
        pa.field("billable_ms", pa.int64()),
        pa.field("billable_from", pa.string()),
        pa.field("bridged_stated", pa.bool_()),
        pa.field("cause", pa.int16()),
        pa.field("extension", pa.string()),
        pa.field("recording_url", pa.string()),
        pa.field("group_id", pa.string()),
        pa.field("sequence", pa.int64()),
        pa.field("first_leg_id", pa.string()),
        pa.field("second_leg_id", pa.string()),
        pa.field("billing_started_at", INSTANT),  # the enterprise's instant, domain §3
        pa.field("account_id", pa.string()),
        pa.field("subscription_id", pa.string()),
        pa.field("plan_id", pa.string()),
        pa.field("plan_version", pa.int32()),
        pa.field("top_up_class_micros", pa.int64()),  # prepaid class priced by; null: none
        pa.field("zone", pa.string()),  # "" where the rate names none
        pa.field("band", pa.string()),  # "" where the rate names none
        pa.field("enterprise_rate_id", pa.string()),  # null where no rate was needed
        pa.field("caller_rate_id", pa.string()),  # null where the plan prices no caller's share
        pa.field("enterprise_billable_ms", pa.int64()),
        pa.field("caller_billable_ms", pa.int64()),
        pa.field("enterprise_charge_micros", pa.int64()),  # null: unanswered or not rated
        pa.field("caller_charge_micros", pa.int64()),
        # What the reseller owes the carrier; null where the plan does not say, or no rate matches.
        pa.field("carrier_rate_id", pa.string()),
        pa.field("carrier_cost_micros", pa.int64()),
        # Of the record as it came; null where it can be made again from this row's columns.
        pa.field("content_fingerprint", pa.int64()),
        pa.field(
            "belongs_to", pa.string()
        ),  # call_id of the call a merged or duplicate row is part of
        pa.field("suspense_reason", pa.string()),  # a name of SuspenseReason
        pa.field("suspense_detail", pa.string()),
        pa.field("raw", pa.binary()),  # suspended records only
        *PLACE_FIELDS,
        pa.field("received_at", INSTANT, nullable=False),
    ]
)


# Texts of RATED_SCHEMA that nearly every call has another of; all others are few-valued.
_DISTINCT_TEXTS = {
    "call_id",
    "calling_number_raw",
    "answering_number_raw",
    "recording_url",
    "group_id",
    "first_leg_id",
    "second_leg_id",
    "belongs_to",
}

# The same columns as the pipeline gives them, few-valued texts as words.
PROCESSED_SCHEMA = pa.schema(
    [
        field.with_type(WORD)
        if field.type == pa.string() and field.name not in _DISTINCT_TEXTS
        else field
        for field in RATED_SCHEMA
    ]
)


def plain_texts(table: pa.Table) -> pa.Table:
    """Give a table with every dictionary-encoded column as plain values."""
    fields = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))
