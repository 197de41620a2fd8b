"""CGRateS tariff plans: a folder's six CSV files to rate plans, and what thereby changes.

Each (tenant, category, subject) of the rating profiles becomes a plan, each activation a version
of it. What differs in meaning is listed; what is wrong is refused, all of it at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cdrpipe.errors import ConfigError
from cdrpipe.tariff.cgrates_difference import Difference, find_differences
from cdrpipe.tariff.cgrates_parts import Activation, read_parts
from cdrpipe.tariff.cgrates_rates import PlanRates, rates_of_plan
from cdrpipe.tariff.cgrates_table import FORMS, PlanFaults, read_tables
from cdrpipe.tariff.rate_plan import RatePlanVersion

# A folder is one where the files without which there is no price stand.
NEEDED_FILES = tuple(name for name, form in FORMS.items() if not form.is_optional)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CgratesPlan:
    """What a folder became: plan versions by plan id, and how they differ from it."""

    plans: Mapping[str, Sequence[RatePlanVersion]]
    differences: tuple[Difference, ...]


def read_cgrates_plan(texts: Mapping[str, str], *, tz: str = "UTC") -> CgratesPlan:
    """Turn a CGRateS tariff plan into rate plans.

    Parameters
    ----------
    texts
        The folder's CSV files by name; names beyond the six are told of, their texts not read.
    tz
        Time zone in which timings, and activations without an offset, are read.

    Raises
    ------
    TariffError
        Anything in any file is wrong; carries every fault with file and line.
    ConfigError
        There is no time zone ``tz``.
    """
    try:
        zone = ZoneInfo(tz)
    except (KeyError, ValueError, OSError):
        raise ConfigError(f'expected a time zone such as "Asia/Shanghai", got "{tz}"') from None
    faults = PlanFaults()
    tables = read_tables(texts, faults)
    parts = read_parts(tables, zone, faults)
    # A name that leads nowhere cannot be followed.
    faults.raise_if_any()
    named = {
        activation.rating_plan_id: None
        for of_subject in parts.activations.values()
        for activation in of_subject
    }
    rates = {plan_id: rates_of_plan(plan_id, parts, faults) for plan_id in named}
    faults.raise_if_any()
    return CgratesPlan(
        plans={
            ":".join(subject): _versions(":".join(subject), activations, rates, tz)
            for subject, activations in parts.activations.items()
        },
        differences=find_differences(parts, tables, files=texts, tz=tz),
    )


def _versions(
    plan_id: str, activations: Sequence[Activation], rates: Mapping[str, PlanRates], tz: str
) -> tuple[RatePlanVersion, ...]:
    starts_us = [_us(activation.at) for activation in activations]
    ends_us = [*starts_us[1:], None]
    return tuple(
        RatePlanVersion(
            plan_id=plan_id,
            version=number,
            name=plan_id,
            tz=tz,
            valid_from_us=valid_from_us,
            valid_until_us=valid_until_us,
            split="independent",
            rates=rates[activation.rating_plan_id].rates,
            bands=rates[activation.rating_plan_id].bands,
            band_option="split",
            prefix_of="service_number",
        )
        for number, (activation, valid_from_us, valid_until_us) in enumerate(
            zip(activations, starts_us, ends_us, strict=True), start=1
        )
    )


def _us(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
