"""Imported plan versions as the rate plan that an operator reads, keeps and goes on editing.

Writes what a CGRateS tariff plan can say, and no more: enterprise's rates by prefix and band.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from cdrpipe.tariff.plain_word import amount_word, clock_word, instant_word, length_word
from cdrpipe.tariff.rate_plan import Band, Rate, RatePlanVersion, RateStep

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# A plan with more rates than this is read by nobody; as lines of a deck they are loaded faster.
SECTIONS_MAX = 500

_DECK_COLUMNS = (
    *("id", "prefix", "band", "price", "per", "increment"),
    *("connect_fee", "maximum", "rounding", "decimals"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPlan:
    """A rate plan's text, and the texts of the decks it names, by name."""

    text: str
    decks: Mapping[str, str]


def write_rate_plan(versions: Sequence[RatePlanVersion]) -> WrittenPlan:
    """Write the versions of one plan; ``parse_rate_plan`` reads the same versions back.

    Where a version has more than SECTIONS_MAX rates, those of one step stand in a deck.
    """
    first = versions[0]
    lines = [
        f"id = {_quoted(first.plan_id)}",
        f"name = {_quoted(first.name)}",
        f"tz = {_quoted(first.tz)}",
    ]
    decks = {}
    for version in versions:
        lines += ["", "[[version]]", *_version_lines(version)]
        in_deck = [rate for rate in version.rates if len(rate.steps) == 1]
        if len(version.rates) <= SECTIONS_MAX or not in_deck:
            in_deck = []
        else:
            name = f"version-{version.version}.csv"
            decks[name] = _deck(in_deck)
            lines.append(f"deck = {_quoted(name)}")
        for band in version.bands:
            lines += ["", "[[version.band]]", *_band_lines(band)]
        for rate in version.rates:
            if not in_deck or len(rate.steps) > 1:
                lines += ["", "[[version.rate]]", *_rate_lines(rate)]
    return WrittenPlan(text="\n".join(lines) + "\n", decks=decks)


def _deck(rates: Sequence[Rate]) -> str:
    columns = zip(*(_deck_cells(rate) for rate in rates), strict=True)
    return pl.DataFrame(
        dict(zip(_DECK_COLUMNS, columns, strict=True)),
        schema=dict.fromkeys(_DECK_COLUMNS, pl.String),
    ).write_csv()


def _deck_cells(rate: Rate) -> Iterator[str | None]:
    [step] = rate.steps
    yield from (rate.rate_id, rate.prefix, rate.band)
    yield from (
        amount_word(step.price_micros),
        length_word(step.per_ms),
        length_word(step.increment_ms),
    )
    yield amount_word(rate.connect_fee_micros)
    yield None if rate.maximum_micros is None else amount_word(rate.maximum_micros)
    yield from (rate.rounding, None if rate.rounding == "none" else str(rate.decimals))


def _version_lines(version: RatePlanVersion) -> Iterator[str]:
    yield f"version = {version.version}"
    yield f"valid_from = {instant_word(version.valid_from_us, version.tz)}"
    if version.valid_until_us is not None:
        yield f"valid_until = {instant_word(version.valid_until_us, version.tz)}"
    yield f"band_option = {_quoted(version.band_option)}"
    yield f"prefix_of = {_quoted(version.prefix_of)}"


def _band_lines(band: Band) -> Iterator[str]:
    yield f"name = {_quoted(band.name)}"
    yield f"priority = {band.priority}"
    if band.weekdays is not None:
        yield f"weekdays = {json.dumps([_WEEKDAYS[day - 1] for day in band.weekdays])}"
    for key, numbers in (
        ("months", band.months),
        ("month_days", band.month_days),
        ("years", band.years),
    ):
        if numbers is not None:
            yield f"{key} = {list(numbers)}"
    yield f'from = "{clock_word(band.from_ms)}"'
    yield f'until = "{clock_word(band.until_ms)}"'


def _rate_lines(rate: Rate) -> Iterator[str]:
    yield f"id = {_quoted(rate.rate_id)}"
    yield f"party = {_quoted(rate.party)}"
    if rate.prefix is not None:
        yield f"prefix = {_quoted(rate.prefix)}"
    if rate.band is not None:
        yield f"band = {_quoted(rate.band)}"
    if rate.connect_fee_micros:
        yield f'connect_fee = "{amount_word(rate.connect_fee_micros)}"'
    if rate.maximum_micros is not None:
        yield f'maximum = "{amount_word(rate.maximum_micros)}"'
    yield f"rounding = {_quoted(rate.rounding)}"
    if rate.rounding != "none":
        yield f"decimals = {rate.decimals}"
    if len(rate.steps) == 1:
        yield from _step_lines(rate.steps[0])
        return
    for step in rate.steps:
        yield ""
        yield "[[version.rate.step]]"
        yield f'from = "{length_word(step.from_ms)}"'
        yield from _step_lines(step)


def _step_lines(step: RateStep) -> Iterator[str]:
    yield f'price = "{amount_word(step.price_micros)}"'
    yield f'per = "{length_word(step.per_ms)}"'
    yield f'increment = "{length_word(step.increment_ms)}"'


def _quoted(text: str) -> str:
    # A TOML text in quotes is one of JSON, as long as every character can be printed.
    return json.dumps(text, ensure_ascii=False)
