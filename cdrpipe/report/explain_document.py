"""A call's explanation for programs: a JSON document, and a row a segment.

Keys and codes are English in every language; only what stands under ``sentences`` is translated.
Exact amounts are text: decimals where these end, else ``numerator/denominator``, in micros.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from cdrpipe.billing.allowance_line import ALLOWANCE_ID
from cdrpipe.money import exact_text, yuan_of_micros
from cdrpipe.rating.explain import ShareExplanation
from cdrpipe.rating.rate_choice import RateChoice
from cdrpipe.rating.reckoning import Piece, decimals_kept
from cdrpipe.report.explain_call import ExplainedCall, ExplainedRecord
from cdrpipe.report.explain_words import (
    call_sentences,
    instant_of_us,
    named_by,
    outcome_hint,
    share_sentences,
)
from cdrpipe.tariff.rate_plan import Rate

_KEY = ("source", "call_id", "leg", "partial_no")
_INSTANTS = ("billing_started", "setup", "answered", "bridged", "released", "received")
_PLACE = ("topic", "partition", "offset", "file", "row")
_ENDS = ("number_text", "kind", "region_id", "province_zh", "province_en", "area_code")

SEGMENT_COLUMNS = (
    *_KEY,
    "account_id",
    "billing_date",
    "party",
    "segment",
    "rate_id",
    "band",
    "step_index",
    "started_at",
    "position_ms",
    "billed_ms",
    "increments",
    "increment_ms",
    "price",
    "per_ms",
    "exact_micros",
)


def call_document(call: ExplainedCall, *, tz: str) -> dict[str, Any]:
    """Give all that is known of a call id as one JSON document."""
    return {
        "kind": "rate_explain",
        "call_id": call.call_id,
        "records": [_record(each, tz) for each in call.records],
        "left_out": call.left_out,
    }


def segment_rows(call: ExplainedCall, *, tz: str) -> Iterator[dict[str, Any]]:
    """Give a row a segment of every rated record, under ``SEGMENT_COLUMNS``."""
    for record in call.records:
        if record.explanation is not None:
            named = {name: record.row[name] for name in (*_KEY, "account_id", "billing_date")}
            for share in record.explanation.shares:
                for segment in _segments(share, tz):
                    price = yuan_of_micros(segment.pop("price_micros"))
                    yield {**named, "party": share.party, "price": price, **segment}


def _record(record: ExplainedRecord, tz: str) -> dict[str, Any]:
    row = record.row
    document = {
        **{name: row[name] for name in _KEY},
        "outcome": row["outcome"],
        "suspense_reason": row["suspense_reason"],
        "belongs_to": row["belongs_to"],
        "billing_date": row["billing_date"],
        **{f"{name}_at": _instant(row[f"{name}_at_us"], tz) for name in _INSTANTS},
        "place": {name: row[name] for name in _PLACE},
        "calling": {name: row[f"calling_{name}"] for name in _ENDS},
        "answering": {name: row[f"answering_{name}"] for name in _ENDS},
        "service_number": row["service_number"],
        "relation": row["relation"],
        "account_id": row["account_id"],
        "account_name": record.account_name,
        "ownership": _ownership(record, tz),
        "subscription_id": row["subscription_id"],
        "plan_id": row["plan_id"],
        "plan_version": row["plan_version"],
        "top_up_class_micros": row["top_up_class_micros"],
        "carrier_rate_id": row["carrier_rate_id"],
        "carrier_cost_micros": row["carrier_cost_micros"],
        "rating_version": row["rating_version"],
        "agrees": record.agrees,
        "sentences": call_sentences(record),
        "hint": outcome_hint(record),
        "included_time": _included_time(record),
    }
    if record.explanation is not None:
        reason = record.explanation.reason
        document["split"] = record.explanation.version.split
        document["reason"] = None if reason is None else reason.name
        for share in record.explanation.shares:
            document[share.party] = _share(record, share, tz)
    elif record.is_rated:
        for party in ("enterprise", "caller"):
            document[party] = {"stored_micros": row[f"{party}_charge_micros"], "agrees": False}
    return document


def _ownership(record: ExplainedRecord, tz: str) -> dict[str, Any] | None:
    owner = record.ownership
    if owner is None:
        return None
    return {
        "valid_from": _instant(owner.valid_from_us, tz),
        "valid_until": _instant(owner.valid_until_us, tz),
        "bill_from": owner.bill_from,
    }


def _included_time(record: ExplainedRecord) -> dict[str, Any] | None:
    included = record.included_time
    if included is None:
        return None
    return {
        "month": included.month,
        "granted_ms": included.granted_ms,
        "used_ms": included.used_ms,
        "left_ms": included.left_ms,
        "charge_after_micros": included.charge_after_micros,
        "paid_by": [
            {
                "grant": "allowance" if grant == ALLOWANCE_ID else "top_up",
                "top_up_id": None if grant == ALLOWANCE_ID else grant,
                "used_ms": used_ms,
            }
            for grant, used_ms in included.paid_by
        ],
    }


def _share(record: ExplainedRecord, share: ShareExplanation, tz: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "why": share.case,
        "started_at": _instant(share.facts.start_us, tz),
        "billable_ms": share.facts.billable_ms,
        "is_continuation": share.facts.is_continuation,
        "destination": share.facts.destination,
        "rates": _rates(record.choices.get(share.party, RateChoice())),
        "other_rates": record.choices.get(share.party, RateChoice()).others,
        "segments": list(_segments(share, tz)),
    }
    if share.share is not None and share.reckoning is not None:
        rate, rounding_rate = share.share.rate, share.share.rounding_rate
        document |= {
            "rate_id": rate.rate_id,
            "segments_exact_micros": exact_text(share.reckoning.pieces_micros),
            "connect_fee_micros": share.reckoning.fee_micros,
            "maximum_micros": rate.maximum_micros,
            "capped_exact_micros": exact_text(share.reckoning.capped_micros),
            "minimum_micros": rate.minimum_micros,
            "exact_micros": exact_text(share.reckoning.exact_micros),
            "rounding_rate_id": rounding_rate.rate_id,
            "rounding": rounding_rate.rounding,
            "decimals": decimals_kept(rounding_rate),
            "rounded_micros": share.reckoning.charge_micros,
        }
    return document | {
        "split_micros": share.split_micros,
        "explained_micros": share.explained_micros,
        "stored_micros": share.stored_micros,
        "agrees": share.agrees,
        "sentences": share_sentences(record, share),
    }


def _rates(choice: RateChoice) -> list[Mapping[str, Any]]:
    return [
        {
            "rate_id": each.rate.rate_id,
            "verdict": each.verdict,
            "matcher": each.matcher,
            "names": _names(each.rate),
        }
        for each in choice.rates
    ]


def _names(rate: Rate) -> Mapping[str, str]:
    return named_by(rate)


def _segments(share: ShareExplanation, tz: str) -> Iterator[dict[str, Any]]:
    for number, piece in enumerate(share.pieces, start=1):
        yield _segment(number, piece, _instant(share.starts_at_us(piece), tz))


def _segment(number: int, piece: Piece, started_at: str | None) -> dict[str, Any]:
    return {
        "segment": number,
        "rate_id": piece.rate_id,
        "band": piece.band,
        "step_index": piece.step_index,
        "started_at": started_at,
        "position_ms": piece.start_ms,
        "billed_ms": piece.billed_ms,
        "increments": piece.increments,
        "increment_ms": piece.increment_ms,
        "price_micros": piece.price_micros,
        "per_ms": piece.per_ms,
        "exact_micros": exact_text(piece.exact_amount),
    }


def _instant(at_us: int | None, tz: str) -> str | None:
    return None if at_us is None else instant_of_us(at_us, tz).isoformat()
