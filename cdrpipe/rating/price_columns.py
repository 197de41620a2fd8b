"""What whole calls cost, and what the carrier is owed, as columns with the names of their rates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe.cdr.record_numbers import RecordNumbers
from cdrpipe.rating.batch_columns import column_of, values
from cdrpipe.rating.guide_columns import GuidedColumns, present
from cdrpipe.rating.rate_batch import RateIndices, rate_indices
from cdrpipe.rating.word_columns import looked_up, words_at
from cdrpipe.tariff.rate_table import RateTable
from cdrpipe.tariff.tariff_names import TariffNames, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedColumns:
    """(n,) columns of PROCESSED_SCHEMA by name, and why a call to be priced has no price."""

    columns: Mapping[str, pa.Array]
    reason: pa.UInt8Array


def price_columns(
    record: Mapping[str, pa.Array],
    numbers: RecordNumbers,
    guided: GuidedColumns,
    rates: RateTable,
    names: TariffNames,
) -> PricedColumns:
    """Price both parties' shares of the calls that ``is_priced``, and the carrier's."""
    paid = _priced(record, numbers, guided, rates, payer="enterprise")
    is_charged = paid.enterprise_charge_micros.is_valid()
    charged = pc.if_else(is_charged, paid.enterprise_rate_index, pa.scalar(-1, pa.int32()))
    found = {
        "zone": _named(charged, names.zones),
        "band": _named(charged, names.bands),
        "enterprise_rate_id": _named(paid.enterprise_rate_index, names.rates),
        "caller_rate_id": _named(paid.caller_rate_index, names.rates),
        "enterprise_billable_ms": present(guided.enterprise_ms, pa.int64()),
        "caller_billable_ms": present(guided.caller_ms, pa.int64()),
        "enterprise_charge_micros": paid.enterprise_charge_micros,
        "caller_charge_micros": paid.caller_charge_micros,
    }
    count = len(paid.reason)
    if rates.carrier is None or names.carrier_rates is None:
        found["carrier_rate_id"] = words_at(
            values(pa.nulls(count, pa.int32()).fill_null(-1), "i"), pa.array([], pa.string())
        )
        found["carrier_cost_micros"] = pa.nulls(count, pa.int64())
    else:
        has_price = replace(guided, is_priced=is_charged)
        owed = _priced(record, numbers, has_price, rates.carrier, payer="caller")
        found["carrier_rate_id"] = _named(owed.enterprise_rate_index, names.carrier_rates)
        found["carrier_cost_micros"] = owed.enterprise_charge_micros
    return PricedColumns(columns=found, reason=paid.reason)


def _priced(
    record: Mapping[str, pa.Array],
    numbers: RecordNumbers,
    guided: GuidedColumns,
    rates: RateTable,
    *,
    payer: str,
) -> RateIndices:
    """Price by a table whose rates of the enterprise run by the clock of the ``payer``."""
    by_caller = payer == "caller"
    dialled = numbers.service_number
    names_dialled = "service_number" in rates.prefix_sources
    return rate_indices(
        plan_version_index=guided.version,
        relation=guided.relation,
        calling_kind=numbers.calling.kind,
        answering_kind=guided.answering_kind,
        enterprise_billable_ms=_whole(guided.caller_ms if by_caller else guided.enterprise_ms),
        caller_billable_ms=_whole(guided.caller_ms),
        is_continuation=record["is_continuation"],
        is_priced=guided.is_priced,
        rate_table=rates,
        enterprise_start_us=_whole(
            guided.caller_start_us if by_caller else guided.enterprise_start_us
        ),
        caller_start_us=_whole(guided.caller_start_us),
        calling_region_id=numbers.calling.region_id,
        answering_region_id=numbers.answering.region_id,
        calling_number=numbers.calling.number,
        answering_number=numbers.answering.number,
        service_number=dialled.cast(pa.string()) if names_dialled else None,
    )


def _whole(numbers: memoryview) -> pa.Int64Array:
    return column_of(pa.int64(), len(numbers), None, pa.py_buffer(numbers))


def _named(rate: pa.Int32Array, words: Words) -> pa.DictionaryArray:
    return words_at(looked_up(values(rate, "i"), words.word_of), words.texts)
