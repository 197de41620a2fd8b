"""Whole calls at line rate: validation, owner, clocks and price over columns, by the kernels.

What ``rate_frame.py`` does frame by frame, for records that are no parts of calls; the properties
in tests/property/test_rate_columns.py hold the two together.
"""

from array import array
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast import clock
from cdrpipe.cdr.record_numbers import RecordNumbers
from cdrpipe.cdr.schema import CDR_SCHEMA, INSTANT, NUMBER_KINDS, OUTCOMES, RELATIONS
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.guiding.guide import GuideTable
from cdrpipe.rating.batch_columns import column_of, values, view
from cdrpipe.rating.billing_day import billing_days_of
from cdrpipe.rating.guide_columns import GuidedColumns, guide_columns, present
from cdrpipe.rating.price_columns import price_columns
from cdrpipe.rating.word_columns import looked_up, words_at
from cdrpipe.tariff.rate_table import RateTable
from cdrpipe.tariff.tariff_names import TariffNames

_KINDS = pa.array(NUMBER_KINDS, pa.string())
_RELATIONS = pa.array(RELATIONS, pa.string())
_OUTCOMES = pa.array(OUTCOMES, pa.string())
_KINDS_OF_ROWS = pa.array(["usage", "aside"], pa.string())
_IS_ASIDE = memoryview(array("i", [outcome not in {"rated", "unanswered"} for outcome in OUTCOMES]))
_REASONS = sorted(SuspenseReason)
_REASON_NAMES = pa.array([reason.name for reason in _REASONS], pa.string())
_REASON_SENTENCES = pa.array([reason.sentence for reason in _REASONS], pa.string())
_PLACE_OF_REASON = memoryview(
    array(
        "i",
        [
            _REASONS.index(SuspenseReason(number)) if number in set(_REASONS) else -1
            for number in range(max(_REASONS) + 1)
        ],
    )
)

_NUMBERS_RAW = {"calling_number_raw", "service_number_raw", "answering_number_raw"}
_AS_THEY_CAME = [name for name in CDR_SCHEMA.names if name not in _NUMBERS_RAW]


def rate_columns(
    cdrs: pa.Table,
    *,
    numbers: RecordNumbers,
    verdict: pa.UInt8Array,
    guide: GuideTable,
    rates: RateTable,
    names: TariffNames,
    received_at_us: int,
    rating_version: int,
) -> dict[str, pa.Array]:
    """Rate records that are no parts of calls.

    Parameters
    ----------
    cdrs
        (n,) rows of CDR_SCHEMA, each column one chunk.
    numbers
        Those of the records.
    verdict
        (n,) codes of ``Verdict``: of copies and conflicts nothing is rated.
    received_at_us
        UTC µs; what starts more than an hour later is the future.
    rating_version
        Written to every row that is rated.

    Returns
    -------
    (n,) columns of PROCESSED_SCHEMA by name, but ``raw``.
    """
    count = cdrs.num_rows
    record = {name: cdrs.column(name).chunk(0) for name in cdrs.column_names}
    guided = guide_columns(record, numbers, verdict, guide, now_us=received_at_us)
    priced = price_columns(record, numbers, guided, rates, names)
    outcome, suspense = (view(pa.allocate_buffer(4 * count), "i") for _ in range(2))
    is_rated = pa.allocate_buffer((count + 7) // 8)
    clock.settle_outcomes(
        values(verdict, "B"),
        guided.answered_us,
        values(priced.reason, "B"),
        guided.reason,
        outcome,
        suspense,
        view(is_rated, "B"),
    )
    told = looked_up(suspense, _PLACE_OF_REASON)
    version = pa.repeat(pa.scalar(rating_version, pa.int32()), count)
    return {
        **{name: record[name] for name in _AS_THEY_CAME},
        **_of_parties(record, numbers, guided),
        **_of_owner(guided, guide, names),
        **priced.columns,
        "kind": words_at(looked_up(outcome, _IS_ASIDE), _KINDS_OF_ROWS),
        "billing_date": billing_days_of(guided.started_us, instead_us=received_at_us),
        "outcome": words_at(outcome, _OUTCOMES),
        "rating_version": column_of(pa.int32(), count, is_rated, version.buffers()[1]),
        "content_fingerprint": pa.nulls(count, pa.int64()),
        "belongs_to": _of_copies(record["call_id"], verdict),
        "suspense_reason": words_at(told, _REASON_NAMES),
        "suspense_detail": words_at(told, _REASON_SENTENCES),
        "received_at": pa.repeat(pa.scalar(received_at_us, pa.int64()), count).cast(INSTANT),
    }


def _of_parties(
    record: Mapping[str, pa.Array], numbers: RecordNumbers, guided: GuidedColumns
) -> dict[str, pa.Array]:
    return {
        "calling_number": numbers.calling.number,
        "calling_number_raw": _undisplayed(
            record["calling_number_raw"], numbers.calling.is_display
        ),
        "calling_kind": _coded(numbers.calling.kind, _KINDS),
        "calling_region_id": numbers.calling.region_id,
        "service_number": numbers.service_number,
        "answering_number": numbers.answering.number,
        "answering_number_raw": _undisplayed(
            record["answering_number_raw"], numbers.answering.is_display
        ),
        "answering_kind": _coded(guided.answering_kind, _KINDS),
        "answering_region_id": numbers.answering.region_id,
        "relation": _coded(guided.relation, _RELATIONS),
    }


def _of_owner(guided: GuidedColumns, guide: GuideTable, names: TariffNames) -> dict[str, pa.Array]:
    version = values(guided.version, "i")
    place = pc.if_else(pc.less(guided.version, 0), None, guided.version)
    return {
        "billing_started_at": present(guided.started_us, INSTANT),
        "account_id": words_at(guided.account, guide.slots.accounts),
        "subscription_id": words_at(guided.subscription, guide.slots.subscriptions),
        "plan_id": words_at(looked_up(version, names.plans.word_of), names.plans.texts),
        "plan_version": names.versions.take(place),
        "top_up_class_micros": names.classes.take(place),
    }


def _coded(code: pa.Int8Array, texts: pa.StringArray) -> pa.DictionaryArray:
    return words_at(values(code.cast(pa.int32()), "i"), texts)


def _undisplayed(raw: pa.Array, is_display: pa.BooleanArray) -> pa.Array:
    """Keep a number's text only where it is another than its display form."""
    others = pc.invert(is_display)
    if pc.and_(others, raw.is_valid()).true_count == 0:
        return pa.nulls(len(raw), pa.string())
    return pc.if_else(others, raw, None)


def _of_copies(call_id: pa.StringArray, verdict: pa.UInt8Array) -> pa.StringArray:
    is_copy = pc.not_equal(verdict, 0)
    if is_copy.true_count == 0:
        return pa.nulls(len(call_id), pa.string())
    return pc.if_else(is_copy, call_id, None)
