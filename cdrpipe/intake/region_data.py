"""Read the number data once: which region each mobile prefix and each area code is in.

The data is the package ``phone``'s: a header, the places as text, and per mobile prefix nine
bytes (prefix, position of its place, operator). An operator's overrides go over it.
"""

import struct
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from phone import Phone

from cdrpipe.errors import ConfigError, InputError
from cdrpipe.numbering.override import RegionOverrides, parse_region_overrides
from cdrpipe.numbering.province import MAINLAND_BY_WORD
from cdrpipe.numbering.region import (
    AREA_CODE,
    MOBILE_PREFIX_MAX,
    MOBILE_PREFIX_MIN,
    Area,
    RegionTable,
    build_region_table,
)

OVERRIDE_FILE_BYTES_MAX = 16 * 1024 * 1024
_HEADER = struct.Struct("<4si")  # edition as YYMM, position of the first prefix
_ENTRY_BYTES = 9  # int32 prefix, int32 position of its place, uint8 operator; little endian

# Xilin Gol is written with one 0 too many beside its right code.
_MISWRITTEN_AREA_CODES = {"00479": "0479"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _NumberData:
    """The package's data: its area codes, and (n,) prefixes with their regions."""

    areas: tuple[Area, ...]
    mobile_prefixes: pa.Int32Array
    mobile_region_ids: pa.Int32Array
    edition: str


def load_region_table(overrides: Path | None = None) -> RegionTable:
    """Read the number data and lay the operator's overrides over it.

    Parameters
    ----------
    overrides
        CSV as ``parse_region_overrides`` takes it; None where the operator has none.

    Raises
    ------
    ConfigError
        The installed data is damaged or has another form.
    InputError
        The file of overrides cannot be read.
    TariffError
        The overrides have faults; carries all.

    Notes
    -----
    Cost: about 40 ms for 500,000 prefixes; no row is touched in Python.
    """
    data = _read_number_data()
    changes = _read_overrides(overrides, data.areas)
    changed = pa.array(list(changes.mobile_region_ids), pa.int32())
    changed_region_ids = pa.array(list(changes.mobile_region_ids.values()), pa.int32())
    kept = pc.invert(pc.is_in(data.mobile_prefixes, value_set=changed))
    return build_region_table(
        areas=(*data.areas, *changes.areas),
        mobile_prefixes=pa.concat_arrays([data.mobile_prefixes.filter(kept), changed]),
        mobile_region_ids=pa.concat_arrays(
            [data.mobile_region_ids.filter(kept), changed_region_ids]
        ),
        edition=data.edition,
    )


def _read_number_data() -> _NumberData:
    data = Phone().buf
    try:
        return _decode(data)
    except (struct.error, KeyError, IndexError, ValueError) as error:
        raise ConfigError(
            f"expected the number data of package phone, got {error!r}",
            code="NUMBER_DATA_DAMAGED",
            hint="Install the package again: pip install --force-reinstall phone.",
        ) from error


def _decode(data: bytes) -> _NumberData:
    edition, entries_start = _HEADER.unpack_from(data)
    prefixes, positions = _entries(data[entries_start:])
    places = _places(data[:entries_start])
    counts = pc.value_counts(positions)
    used, used_counts = counts.field("values"), counts.field("counts")
    region_ids = pa.array([places[position].region_id for position in used.to_pylist()], pa.int32())
    prefix_counts = dict(zip(used.to_pylist(), used_counts.to_pylist(), strict=True))
    return _NumberData(
        areas=_areas(places, prefix_counts),
        mobile_prefixes=prefixes,
        mobile_region_ids=region_ids.take(pc.index_in(positions, value_set=used)),
        edition=f"phone {version('phone')}, {edition.decode('ascii')}",
    )


def _entries(data: bytes) -> tuple[pa.Int32Array, pa.Int32Array]:
    """Split the entries into prefixes and positions of places, by strides instead of row by row."""
    if len(data) % _ENTRY_BYTES:
        raise ValueError(f"{len(data)} bytes of entries are no multiple of {_ENTRY_BYTES}")
    columns = []
    for start in (0, 4):
        column = bytearray(4 * (len(data) // _ENTRY_BYTES))
        for byte in range(4):
            column[byte::4] = data[start + byte :: _ENTRY_BYTES]
        values = pa.py_buffer(column)
        columns.append(pa.Array.from_buffers(pa.int32(), len(column) // 4, [None, values]))
    prefixes, positions = columns
    if not pc.all(pc.less(prefixes[:-1], prefixes[1:])).as_py():
        raise ValueError("the prefixes are not in ascending order")
    first, last = prefixes[0].as_py(), prefixes[-1].as_py()
    if first < MOBILE_PREFIX_MIN or last > MOBILE_PREFIX_MAX:
        raise ValueError(f"prefixes from {first} to {last} are no mobile prefixes")
    return prefixes, positions


def _places(data: bytes) -> dict[int, Area]:
    """Read the places by their positions: ``province|city|postcode|area code``, NUL-terminated."""
    places = {}
    position = _HEADER.size
    for record in data[position:].split(b"\0")[:-1]:
        province, city, _, written_code = record.decode("utf-8").split("|")
        area_code = _MISWRITTEN_AREA_CODES.get(written_code, written_code)
        if AREA_CODE.fullmatch(area_code) is None:
            raise ValueError(f"{area_code!r} is no area code")
        places[position] = Area(
            area_code=area_code,
            province_code=MAINLAND_BY_WORD[province].code,
            city_zh=city,
        )
        position += len(record) + 1
    return places


def _areas(places: dict[int, Area], prefix_counts: dict[int, int]) -> tuple[Area, ...]:
    """Take, per area code, the city with the most prefixes; several cities may share one code."""
    areas: dict[str, Area] = {}
    for position in sorted(places, key=lambda position: prefix_counts.get(position, 0)):
        area = places[position]
        if areas.get(area.area_code, area).province_code != area.province_code:
            raise ValueError(f"area code {area.area_code} lies in two provinces")
        areas[area.area_code] = area
    return tuple(areas.values())


def _read_overrides(path: Path | None, known_areas: tuple[Area, ...]) -> RegionOverrides:
    if path is None:
        return RegionOverrides(mobile_region_ids={}, areas=())
    try:
        with path.open("rb") as file:
            data = file.read(OVERRIDE_FILE_BYTES_MAX + 1)
        if len(data) > OVERRIDE_FILE_BYTES_MAX:
            raise InputError(
                f"expected at most {OVERRIDE_FILE_BYTES_MAX} bytes of region overrides",
                code="REGION_OVERRIDES_TOO_LARGE",
                where=str(path),
                hint="An override names a prefix that the data places wrongly, not every prefix.",
            )
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"expected region overrides as UTF-8 text, got {error}",
            code="REGION_OVERRIDES_UNREADABLE",
            where=str(path),
            hint="Name a readable CSV file, or leave the setting out.",
        ) from error
    return parse_region_overrides(text, file=str(path), known_areas=known_areas)
