"""A rating case's tariff and call, written as a rate deck, as a CGRateS folder and as a table."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

Case = Mapping[str, Any]

_ANY = "*any"
_ROUNDINGS = {"*up": "up", "*middle": "half_up", "*down": "down", None: "none"}


def number(value: object) -> str:
    """Write a case's number, text or not, as plain digits."""
    return format(Decimal(str(value)), "f")


def milliseconds(seconds: object) -> int:
    ms = Decimal(str(seconds)) * 1_000
    assert ms == int(ms), f"{seconds} s are no whole milliseconds"
    return int(ms)


def is_quantity(call: Case) -> bool:
    return call.get("usage_unit", "s") == "unit"


def zone_and_start(call: Case) -> tuple[str, datetime]:
    """Give the time zone a case is read in, and when its call starts.

    A zone of whole hours has a name; in others the clock is read as if it were UTC's.
    """
    start = datetime.fromisoformat(call.get("start_iso") or "2026-01-01T00:00:00Z")
    offset = start.utcoffset() or timedelta(0)
    hours, rest = divmod(offset, timedelta(hours=1))
    if not offset:
        return "UTC", start.replace(tzinfo=UTC)
    if rest or not -12 <= hours <= 14:
        return "UTC", start.replace(tzinfo=UTC)
    return f"Etc/GMT{-hours:+d}", start


def table_of(call: Case) -> pa.Table:
    """Write a call as a table of one row, as somebody outside would."""
    _, start = zone_and_start(call)
    shared = {
        "destination": [call["destination"]],
        "is_continuation": [bool(call.get("is_continuation"))],
    }
    if is_quantity(call):
        units = pa.array([Decimal(number(call["duration_s"]))], pa.decimal128(38, 3))
        return pa.table({"quantity": units, **shared})
    starts = pa.array([start], pa.timestamp("us", tz="UTC"))
    lengths = pa.array([milliseconds(call["duration_s"])], pa.int64())
    return pa.table({"start_at": starts, "billable_ms": lengths, **shared})


def rank_of(band: Case) -> tuple[Decimal, str, bool]:
    """Order the bands of a prefix: by weight, then by start; one without a timing is the lowest."""
    timing = band["timing"]
    start = "" if timing is None else timing["start"] or "00:00:00"
    return Decimal(str(band["weight"])), start, timing is not None


def plan_text(case: Case) -> str:
    """Write a case's tariff as a rate plan: one rate a prefix and band, read band by band."""
    call = case["call"] if "call" in case else case["calls"][0]
    lines = [
        'id = "case"',
        f'tz = "{zone_and_start(call)[0]}"',
        "valid_from = 1970-01-01",
        'band_option = "split"',
    ]
    for place, destination in enumerate(case["tariff"]):
        bands = sorted(destination["bands"], key=rank_of)
        if is_quantity(call):
            # What has no clock knows no bands: of several the one that holds always is meant.
            bands = [max(bands, key=lambda band: (_is_always(band), rank_of(band)))]
        ranks = sorted({rank_of(band) for band in bands})
        for index, band in enumerate(bands):
            is_plain = is_quantity(call) or (index == 0 and band["timing"] is None)
            name = None if is_plain else f"{place}-{index}"
            if name:
                lines += _band_lines(band["timing"] or {}, name, ranks.index(rank_of(band)))
            lines += _rate_lines(destination["prefix"], band, name, f"rate {place}-{index}")
    return "\n".join(lines) + "\n"


def _is_always(band: Case) -> bool:
    timing = band["timing"]
    if timing is None:
        return True
    lists = [timing.get(name) for name in ("years", "months", "month_days", "week_days")]
    return (
        lists == [None] * 4
        and (timing["start"] or "00:00:00") == "00:00:00"
        and timing.get("end") is None
    )


def _band_lines(timing: Case, name: str, priority: int) -> Iterator[str]:
    yield "[[band]]"
    yield f"name = {json.dumps(name)}"
    yield f"priority = {priority}"
    for key, column in (
        ("years", "years"),
        ("months", "months"),
        ("month_days", "month_days"),
        ("weekdays", "week_days"),
    ):
        if timing.get(column) is not None:
            yield f"{key} = {list(timing[column])}"
    yield f'from = "{timing.get("start") or "00:00"}"'
    yield f'until = "{timing.get("end") or "24:00"}"'


def _rate_lines(prefix: str, band: Case, band_name: str | None, rate_id: str) -> Iterator[str]:
    yield "[[rate]]"
    yield f"id = {json.dumps(rate_id)}"
    yield 'party = "enterprise"'
    if prefix != "*":
        yield f"prefix = {json.dumps(prefix, ensure_ascii=False)}"
    if band_name:
        yield f"band = {json.dumps(band_name)}"
    yield f'connect_fee = "{number(band["connect_fee"])}"'
    if band["max_cost"] is not None and band["max_cost_strategy"] == "*free":
        yield f'maximum = "{number(band["max_cost"])}"'
    if band["min_cost"] is not None:
        yield f'minimum = "{number(band["min_cost"])}"'
    yield f'rounding = "{_ROUNDINGS[band["rounding_method"]]}"'
    if band["rounding_method"] is not None:
        yield f"decimals = {min(int(band['rounding_decimals']), 6)}"
    for rate in sorted(
        band["rates"], key=lambda rate: Decimal(number(rate["group_interval_start_s"]))
    ):
        price, per_s = Decimal(str(rate["value"])), Decimal(str(rate["rate_unit_s"]))
        while price != round(price, 6):
            price, per_s = price * 10, per_s * 10
        yield "[[rate.step]]"
        yield f'from = "{_length(rate["group_interval_start_s"])}"'
        yield f'price = "{number(price)}"'
        yield f'per = "{_length(per_s)}"'
        yield f'increment = "{_length(rate["rate_increment_s"])}"'


def _length(seconds: object) -> str:
    """Write a length; what is longer than a day can only be a quantity."""
    return f"{number(seconds)} units" if Decimal(str(seconds)) > 86_400 else f"{number(seconds)}s"


def cgrates_folder(tariff: list[Case]) -> dict[str, str]:
    """Write a tariff as the six files of CGRateS, by name."""
    rows: dict[str, list[list[str]]] = {
        "Destinations.csv": [],
        "Timings.csv": [],
        "Rates.csv": [],
        "DestinationRates.csv": [],
        "RatingPlans.csv": [],
        "RatingProfiles.csv": [["example.org", "call", "1001", "1970-01-01T00:00:00Z", "RP", ""]],
    }
    for index, (destination, band_no, band) in enumerate(_bands(tariff)):
        prefix = destination["prefix"]
        destination_id = _ANY if prefix == "*" else f"DST_{prefix}"
        if prefix != "*" and band_no == 0:
            rows["Destinations.csv"].append([destination_id, prefix])
        timing_id = _ANY if band["timing"] is None else f"TM_{index}"
        if band["timing"] is not None:
            rows["Timings.csv"].append([timing_id, *_timing_cells(band["timing"])])
        rows["Rates.csv"] += [
            [f"RT_{index}", number(band["connect_fee"]), *_tier_cells(rate)]
            for rate in band["rates"]
        ]
        rows["DestinationRates.csv"].append(
            [f"DR_{index}", destination_id, f"RT_{index}", *_rounding_and_maximum_cells(band)]
        )
        rows["RatingPlans.csv"].append(["RP", f"DR_{index}", timing_id, number(band["weight"])])
    return {name: _csv(lines) for name, lines in rows.items()}


def _bands(tariff: list[Case]) -> Iterator[tuple[Case, int, Case]]:
    for destination in tariff:
        for band_no, band in enumerate(destination["bands"]):
            yield destination, band_no, band


def _timing_cells(timing: Case) -> list[str]:
    lists = [timing.get(name) for name in ("years", "months", "month_days", "week_days")]
    times = [timing["start"] or "00:00:00", *([timing["end"]] if timing.get("end") else [])]
    return [
        *(_ANY if listed is None else ";".join(str(each) for each in listed) for listed in lists),
        ";".join(times),
    ]


def _tier_cells(rate: Case) -> list[str]:
    lengths = (rate["rate_unit_s"], rate["rate_increment_s"], rate["group_interval_start_s"])
    return [number(rate["value"]), *(f"{number(length)}s" for length in lengths)]


def _rounding_and_maximum_cells(band: Case) -> list[str]:
    method, decimals = band["rounding_method"], band["rounding_decimals"]
    rounding = ["*middle", "6"] if method is None else [method, str(decimals)]
    if band["max_cost"] is None:
        return [*rounding, "0", ""]
    return [*rounding, number(band["max_cost"]), band["max_cost_strategy"] or ""]


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
