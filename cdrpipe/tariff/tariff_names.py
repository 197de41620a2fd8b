"""What rates and plans are called, each name once: the words of a rated row's columns."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from cdrpipe.tariff.rate_plan import RatePlanVersion
from cdrpipe.tariff.rate_table import RateTable

_NONE = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Words:
    """Distinct texts, and which of them each thing bears.

    ``word_of`` is int32, a position in ``texts`` for each thing; -1 where it bears none.
    """

    texts: pa.StringArray
    word_of: memoryview


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TariffNames:
    """The names of one register's rates and plan versions.

    Attributes
    ----------
    rates, zones, bands
        By the position in ``RateTable.rate_ids``.
    carrier_rates
        The same of the carrier's table; None where nothing is known of the carrier.
    plans
        Plan ids by the position of the plan version.
    versions, classes
        int32 and int64 (null: none) by the position of the plan version: its number, and the
        prepaid class.
    """

    rates: Words
    zones: Words
    bands: Words
    carrier_rates: Words | None
    plans: Words
    versions: pa.Int32Array
    classes: pa.Int64Array


def name_tariff(rates: RateTable, versions: Sequence[RatePlanVersion]) -> TariffNames:
    """Collect the names of the rates of some plan versions."""
    carrier = rates.carrier
    return TariffNames(
        rates=_words(rates.rate_ids.to_pylist()),
        zones=_words(rates.zones.take(rates.zone_of_rate).to_pylist()),
        bands=_words(rates.bands.take(rates.band_of_rate).to_pylist()),
        carrier_rates=None if carrier is None else _words(carrier.rate_ids.to_pylist()),
        plans=_words(version.plan_id for version in versions),
        versions=pa.array([version.version for version in versions], pa.int32()),
        classes=pa.array([version.top_up_class_micros for version in versions], pa.int64()),
    )


def _words(names: Iterable[str | None]) -> Words:
    position: dict[str, int] = {}
    word_of = array(
        "i",
        [_NONE if name is None else position.setdefault(name, len(position)) for name in names],
    )
    return Words(
        texts=pa.array(list(position), pa.string()), word_of=memoryview(word_of).toreadonly()
    )
