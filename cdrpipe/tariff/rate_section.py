"""The ``[[rate]]`` sections of a rate plan: who pays, for which calls, by which steps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.numbering.region import province_code
from cdrpipe.tariff.prefix_book import PREFIX_BYTES_MAX, is_prefix_fit
from cdrpipe.tariff.rate_plan import (
    DECIMALS_MAX,
    PARTIES,
    ROUNDINGS,
    Band,
    Rate,
    Zone,
)
from cdrpipe.tariff.rate_table import fits_kernel
from cdrpipe.tariff.region_word import area_word, province_word, read_area, read_province
from cdrpipe.tariff.step_section import read_steps
from cdrpipe.tariff.toml_table import TomlTable

CALLING_KINDS = tuple(kind for kind in NUMBER_KINDS if kind != "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedNames:
    """The bands and zones that a version defines; None stands for a faulty one."""

    bands: Mapping[str, Band | None]
    zones: Mapping[str, Zone | None]


def read_rate(section: TomlTable, defined: DefinedNames) -> tuple[Rate, bool]:
    """Read one rate, and tell whether all of it was right; what is wrong is noted."""
    faults_before = len(section.faults)
    section.require("party")
    party = section.choice("party", PARTIES)
    rate_id = section.text("id")
    rounding = section.choice("rounding", ROUNDINGS)
    decimals = section.whole("decimals", least=0, most=DECIMALS_MAX)
    if rounding == "none" and "decimals" in section:
        section.fault("decimals", '`decimals` has no meaning where rounding = "none"')
    rate = Rate(
        rate_id=rate_id or "",
        party=party or "",
        prefix=_read_prefix(section),
        calling_area=read_area(section, "calling_area"),
        calling_province=read_province(section, "calling_province"),
        zone=section.defined("zone", defined.zones),
        answering_area=read_area(section, "answering_area"),
        answering_province=read_province(section, "answering_province"),
        relation=section.choice("relation", RELATIONS),
        calling_kind=section.choice("calling_kind", CALLING_KINDS),
        answering_kind=section.choice("answering_kind", NUMBER_KINDS),
        band=section.defined("band", defined.bands),
        connect_fee_micros=section.amount_micros("connect_fee") or 0,
        minimum_micros=section.amount_micros("minimum"),
        maximum_micros=section.amount_micros("maximum"),
        steps=read_steps(section),
        rounding=rounding or "half_up",
        decimals=4 if decimals is None else decimals,
    )
    section.refuse_unknown()
    if len(section.faults) == faults_before:
        _refuse_senseless(section, rate)
    if len(section.faults) > faults_before:
        return rate, False
    return rate if rate_id else replace(rate, rate_id=default_rate_id(rate)), True


def default_rate_id(rate: Rate) -> str:
    """Name a rate by what it matches, such as ``enterprise 86755 local to-mobile in-night``."""
    words = [rate.party]
    words += [rate.prefix] if rate.prefix else []
    for direction, area, province, kind in (
        ("from", rate.calling_area, rate.calling_province, rate.calling_kind),
        ("to", rate.answering_area, rate.answering_province, rate.answering_kind),
    ):
        words += [f"{direction}-{area_word(area)}"] if area is not None else []
        words += [f"{direction}-{province_word(province)}"] if province is not None else []
        if direction == "from":
            words += [f"zone-{rate.zone}"] if rate.zone else []
            words += [rate.relation] if rate.relation else []
        words += [f"{direction}-{kind}"] if kind else []
    words += [f"in-{rate.band}"] if rate.band else []
    return " ".join(words)


def _read_prefix(section: TomlTable) -> str | None:
    prefix = section.text("prefix")
    if prefix is not None and not is_prefix_fit(prefix):
        section.wrong("prefix", f"a prefix of at most {PREFIX_BYTES_MAX} bytes", prefix)
        return None
    return prefix


def _refuse_senseless(section: TomlTable, rate: Rate) -> None:
    """Note keys that are right each by itself and wrong together."""
    least_micros, most_micros = rate.minimum_micros, rate.maximum_micros
    if least_micros is not None and most_micros is not None and least_micros > most_micros:
        section.fault("minimum", "`minimum` is above `maximum`")
    for direction, area, province in (
        ("calling", rate.calling_area, rate.calling_province),
        ("answering", rate.answering_area, rate.answering_province),
    ):
        if area is not None and province is not None and province_code(area) != province:
            home = province_word(province_code(area))
            section.fault(
                f"{direction}_area",
                f"{area_word(area)} lies in {home}, not in {province_word(province)}",
                hint="an area names its province: leave the other key out",
            )
    has_answering_place = rate.answering_area is not None or rate.answering_province is not None
    if rate.answering_kind == "none" and has_answering_place:
        section.fault("answering_kind", 'where "none" answered there is no answering place')
    if not fits_kernel(rate):
        section.fault(
            None,
            "the `per` of the steps have no common multiple small enough to add their prices "
            "exactly",
            code="PRICES_INEXACT",
            hint='state the prices per the same time, such as per = "60s"',
        )
