"""One rating plan of CGRateS as bands and rates: weights and start times become priorities.

CGRateS finds the longest prefix, then among the timings that are active the highest weight, then
the latest start. Here that order is written down once, as the bands' priorities; each band ends
where its timing does, at the end of the day.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from cdrpipe.tariff.band_overlap import overlap_on
from cdrpipe.tariff.cgrates_cells import ANY
from cdrpipe.tariff.cgrates_parts import Binding, DestinationRate, PlanParts, Timing
from cdrpipe.tariff.cgrates_table import PlanFaults
from cdrpipe.tariff.rate_plan import Band, Rate

_Rank = tuple[Decimal, int, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRates:
    """What a rating plan holds, as a rate plan version holds it."""

    bands: tuple[Band, ...]
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """What one prefix (None: any) costs while one timing holds."""

    prefix: str | None
    binding: Binding
    timing: Timing
    price: DestinationRate

    @property
    def rank(self) -> _Rank:
        """Order the offers of a prefix; where a start is shared, the one that names days wins."""
        return self.binding.weight, self.timing.from_ms, self.timing.names_days

    @property
    def content(self) -> tuple[object, ...]:
        """Give what the offer costs and when."""
        price = self.price
        return (
            *(self.timing.days, self.timing.from_ms, self.timing.until_ms),
            *(price.rates_id, price.rounding, price.decimals, price.maximum_micros),
        )


def rates_of_plan(rating_plan_id: str, parts: PlanParts, faults: PlanFaults) -> PlanRates:
    """Turn a rating plan into bands and rates.

    Two prices of one prefix that would rank alike at one instant are a fault: which of them
    CGRateS takes depends on the order in which it happened to load them.
    """
    by_prefix: dict[str | None, list[_Offer]] = {}
    for offer in _offers(rating_plan_id, parts):
        by_prefix.setdefault(offer.prefix, []).append(offer)
    kept = [_ranked(offers, faults) for offers in by_prefix.values()]
    banded = [offer for offers in kept for offer in offers if not _needs_no_band(offer, offers)]
    names = _band_names(banded)
    return PlanRates(
        bands=tuple(
            _band(timing, name, priority=priority)
            for priority, ((timing, _), name) in enumerate(names.items())
        ),
        rates=tuple(_rates([offer for offers in kept for offer in offers], banded, names, parts)),
    )


def _offers(rating_plan_id: str, parts: PlanParts) -> Iterator[_Offer]:
    for binding in parts.bindings[rating_plan_id]:
        for price in parts.destination_rates[binding.destination_rates_id]:
            named = price.destination_id
            for prefix in [ANY] if named == ANY else parts.prefixes[named]:
                yield _Offer(
                    prefix=None if prefix == ANY else prefix,
                    binding=binding,
                    timing=parts.timings[binding.timing_id],
                    price=price,
                )


def _ranked(offers: Sequence[_Offer], faults: PlanFaults) -> list[_Offer]:
    """Order the offers of one prefix, the lowest first, without those that repeat another."""
    unlike: dict[tuple[object, ...], _Offer] = {}
    for offer in sorted(offers, key=lambda offer: offer.rank):
        unlike.setdefault((offer.rank, *offer.content), offer)
    for one, other in combinations(unlike.values(), 2):
        if one.rank == other.rank and overlap_on(_band(one.timing), _band(other.timing)):
            earlier, later = sorted(
                (one, other), key=lambda offer: (offer.binding.row.line, offer.price.row.line)
            )
            faults.add(
                later.binding.row,
                f'prefix "{one.prefix or ANY}" has another price with the same weight and start '
                f"on the same days, by {earlier.binding.row.where} and {earlier.price.row.where}",
                hint="give one of them a higher weight",
            )
    return list(unlike.values())


def _needs_no_band(offer: _Offer, offers: Sequence[_Offer]) -> bool:
    """Tell whether the offer holds always, and below every other one of its prefix."""
    return offer.timing.is_always and offer is offers[0]


def _band_names(offers: Iterable[_Offer]) -> dict[tuple[Timing, Decimal], str]:
    """Name each timing at each of its weights, the lowest rank first."""
    ranked = sorted(offers, key=lambda offer: offer.rank)
    keys = list(dict.fromkeys((offer.timing, offer.binding.weight) for offer in ranked))
    weights_of: dict[str, int] = {}
    for timing, _ in keys:
        weights_of[timing.timing_id] = weights_of.get(timing.timing_id, 0) + 1
    return {
        (timing, weight): timing.timing_id
        if weights_of[timing.timing_id] == 1
        else f"{timing.timing_id} weight {weight.normalize():f}"
        for timing, weight in keys
    }


def _band(timing: Timing, name: str = "", *, priority: int = 0) -> Band:
    return Band(
        name=name,
        priority=priority,
        weekdays=timing.weekdays,
        months=timing.months,
        month_days=timing.month_days,
        years=timing.years,
        from_ms=timing.from_ms,
        until_ms=timing.until_ms,
    )


def _rates(
    offers: Sequence[_Offer],
    banded: Sequence[_Offer],
    names: dict[tuple[Timing, Decimal], str],
    parts: PlanParts,
) -> Iterator[Rate]:
    in_band = {id(offer) for offer in banded}
    counts: dict[str, int] = {}
    for offer in offers:
        band = names[offer.timing, offer.binding.weight] if id(offer) in in_band else None
        words = [offer.price.rates_id, offer.prefix or ANY, *([band] if band else [])]
        rate_id = " ".join(words)
        counts[rate_id] = counts.get(rate_id, 0) + 1
        tiers = parts.tiers[offer.price.rates_id]
        yield Rate(
            rate_id=rate_id if counts[rate_id] == 1 else f"{rate_id} ({counts[rate_id]})",
            party="enterprise",
            prefix=offer.prefix,
            band=band,
            connect_fee_micros=tiers[0].connect_fee_micros,
            maximum_micros=offer.price.maximum_micros,
            steps=tuple(tier.step for tier in tiers),
            rounding=offer.price.rounding,
            decimals=offer.price.decimals,
        )
