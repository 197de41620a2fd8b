"""Where a number is at home: region ids, and the table from prefixes to them.

A region is a province and an area code: an area code lies in one province, not in one city.
``region_id`` = province code (GB/T 2260) * 10000 + area code as a number: Beijing (010) is
110010, Shenzhen (0755) is 440755. Reading the data is ``intake/region_data.py``'s.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe.numbering.province import (
    ABROAD,
    HONG_KONG,
    MACAO,
    PROVINCE_BY_CODE,
    TAIWAN,
    UNKNOWN_PROVINCE,
)

UNKNOWN_REGION_ID = UNKNOWN_PROVINCE.code * 10_000
TAIWAN_REGION_ID = TAIWAN.code * 10_000
HONG_KONG_REGION_ID = HONG_KONG.code * 10_000
MACAO_REGION_ID = MACAO.code * 10_000
ABROAD_REGION_ID = ABROAD.code * 10_000
REGION_IDS_WITHOUT_AREA = (
    UNKNOWN_REGION_ID,
    TAIWAN_REGION_ID,
    HONG_KONG_REGION_ID,
    MACAO_REGION_ID,
    ABROAD_REGION_ID,
)

# 010 and 02x have three digits, all others four. 0400, 0700 and 0800 would make 400, 700 and 800
# numbers ambiguous and are no area codes.
AREA_CODE = re.compile(r"010|02[0-9]|0(?![478]00)[3-9][0-9]{2}")

# The flat prefix table: 1300000..1999999 for mobiles, behind them area codes as numbers (755).
MOBILE_PREFIX_MIN = 1_300_000
MOBILE_PREFIX_MAX = 1_999_999
AREA_SLOTS_START = MOBILE_PREFIX_MAX - MOBILE_PREFIX_MIN + 1
SLOT_COUNT = AREA_SLOTS_START + 1_000
REGION_COUNT_MAX = 2**16  # a slot is a uint16


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An area code with its province; ``city_zh`` names the biggest place that has it."""

    area_code: str
    province_code: int
    city_zh: str | None = None

    @property
    def region_id(self) -> int:
        """Give the region that the area code is."""
        return self.province_code * 10_000 + int(self.area_code)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegionTable:
    """Regions by prefix; immutable, shared by threads and kernels.

    Parameters
    ----------
    slots
        SLOT_COUNT uint16, one per mobile prefix and area code: position in ``region_ids``,
        0 where there is no such prefix.
    region_ids
        int32; the first is unknown.
    areas
        Every area code, sorted.
    edition
        What the data is and of when, for people.
    """

    slots: pa.Buffer
    region_ids: pa.Buffer
    areas: tuple[Area, ...]
    edition: str

    def __post_init__(self) -> None:
        """Check the sizes that kernels rely on."""
        assert self.slots.size == 2 * SLOT_COUNT
        assert 4 <= self.region_ids.size <= 4 * REGION_COUNT_MAX

    def region_of_mobile(self, prefix: int) -> int:
        """Find the region of a mobile's first seven digits; 0 where the prefix is not known."""
        assert MOBILE_PREFIX_MIN <= prefix <= MOBILE_PREFIX_MAX
        return self._region_in_slot(prefix - MOBILE_PREFIX_MIN)[1]

    def region_of_landline(self, area_code: str) -> int | None:
        """Find the region of an area code ("0755"); None where there is no such area code."""
        if AREA_CODE.fullmatch(area_code) is None:
            return None
        slot, region_id = self._region_in_slot(AREA_SLOTS_START + int(area_code))
        return region_id if slot else None

    def _region_in_slot(self, index: int) -> tuple[int, int]:
        slot = memoryview(self.slots).cast("B").cast("H")[index]
        return slot, memoryview(self.region_ids).cast("B").cast("i")[slot]


def province_code(region_id: int) -> int:
    """Give the province's code (GB/T 2260); 99 abroad, 0 unknown."""
    return region_id // 10_000


def area_code(region_id: int) -> str:
    """Give the area code with its 0; empty where the region has none.

    >>> area_code(440755), area_code(110010), area_code(990000)
    ('0755', '010', '')
    """
    return f"0{region_id % 10_000}" if region_id % 10_000 else ""


def build_region_table(
    *,
    areas: Iterable[Area],
    mobile_prefixes: pa.Int32Array,
    mobile_region_ids: pa.Int32Array,
    edition: str,
) -> RegionTable:
    """Lay regions out by prefix, as kernels read them.

    Parameters
    ----------
    areas
        Area codes in force.
    mobile_prefixes
        (n,) first seven digits, each once.
    mobile_region_ids
        (n,) the region of each, never null.
    edition
        What the data is and of when, for people.

    Notes
    -----
    Cost: one load per look-up; the table takes 1.4 MB. A hash costs 11 ns more a number, a trie 60.
    """
    sorted_areas = tuple(sorted(areas, key=lambda area: area.area_code))
    area_region_ids = pa.array([area.region_id for area in sorted_areas], pa.int32())
    region_ids = pa.concat_arrays([area_region_ids, mobile_region_ids]).unique()
    region_ids = pa.concat_arrays([pa.array([UNKNOWN_REGION_ID], pa.int32()), region_ids])
    assert len(region_ids) <= REGION_COUNT_MAX
    assert all(AREA_CODE.fullmatch(area.area_code) for area in sorted_areas)
    indices = pa.concat_arrays(
        [
            pc.subtract(mobile_prefixes, MOBILE_PREFIX_MIN).cast(pa.int32()),
            pa.array([AREA_SLOTS_START + int(area.area_code) for area in sorted_areas], pa.int32()),
        ]
    )
    places = pa.concat_arrays([mobile_region_ids, area_region_ids])
    positions = pc.index_in(places, value_set=region_ids).cast(pa.uint16())
    slots = pc.scatter(positions, indices, max_index=SLOT_COUNT - 1)
    assert SLOT_COUNT - slots.null_count == len(indices), "a prefix came twice"
    return RegionTable(
        slots=_packed(slots.fill_null(0)),
        region_ids=_packed(region_ids),
        areas=sorted_areas,
        edition=edition,
    )


@cache
def every_area_table() -> RegionTable:
    """Make a table in which every possible area code exists, in an unknown region.

    For numbers whose shape matters and whose place does not: service numbers as they are dialled.
    """
    slots = bytearray(2 * SLOT_COUNT)
    view = memoryview(slots).cast("H")
    for number in range(10, 1_000):
        view[AREA_SLOTS_START + number] = AREA_CODE.fullmatch(f"0{number}") is not None
    return RegionTable(
        slots=pa.py_buffer(bytes(slots)),
        region_ids=_packed(pa.array([UNKNOWN_REGION_ID] * 2, pa.int32())),
        areas=(),
        edition="every area code",
    )


def region_rows(table: RegionTable) -> pa.Table:
    """List every region, for SQL.

    Returns
    -------
    ``region_id`` int32, ``province_code`` int32, ``province_zh``, ``province_en``, ``area_code``
    and ``city_zh`` (strings, null where the region has none), sorted by ``region_id``.
    """
    places: dict[int, Area | None] = dict.fromkeys(REGION_IDS_WITHOUT_AREA)
    places |= {area.region_id: area for area in table.areas}
    region_ids = sorted(places)
    provinces = [PROVINCE_BY_CODE[province_code(region_id)] for region_id in region_ids]
    found = [places[region_id] for region_id in region_ids]
    return pa.table(
        {
            "region_id": pa.array(region_ids, pa.int32()),
            "province_code": pa.array([province.code for province in provinces], pa.int32()),
            "province_zh": pa.array([province.name_zh for province in provinces]),
            "province_en": pa.array([province.name_en for province in provinces]),
            "area_code": pa.array([area and area.area_code for area in found], pa.string()),
            "city_zh": pa.array([area and area.city_zh for area in found], pa.string()),
        }
    )


def _packed(values: pa.Array) -> pa.Buffer:
    """Give a null-free array's values as a buffer that starts with the first of them."""
    assert values.null_count == 0
    width_bytes = values.type.bit_width // 8
    return values.buffers()[1].slice(values.offset * width_bytes, len(values) * width_bytes)
