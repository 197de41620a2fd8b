"""Provinces and areas as people name them in a rate deck, into the codes that calls carry."""

import difflib

from cdrpipe.numbering.area_code import PROVINCE_OF_AREA
from cdrpipe.numbering.province import ALL_PROVINCES, MAINLAND, PROVINCE_BY_CODE
from cdrpipe.numbering.region import AREA_CODE, area_code, province_code
from cdrpipe.tariff.toml_table import TomlTable

_PROVINCE_OF_WORD = {
    word.casefold(): province.code
    for province in ALL_PROVINCES
    for word in (str(province.code), province.name_zh, province.name_en)
}
_PROVINCES_WITH_AREAS = frozenset(province.code for province in MAINLAND)


def read_province(table: TomlTable, key: str) -> int | None:
    """Read one province; None where the key is absent or faulty."""
    value = table.peek(key)
    return None if value is None else _province_of(table, key, value)


def read_area(table: TomlTable, key: str) -> int | None:
    """Read one area as its region id; None where the key is absent or faulty."""
    value = table.peek(key)
    return None if value is None else _area_of(table, key, value)


def read_provinces(table: TomlTable, key: str) -> tuple[int, ...]:
    """Read a list of provinces, ascending; faulty ones are noted and left out."""
    codes = (_province_of(table, key, value) for value in table.list_of(key) or ())
    return tuple(sorted({code for code in codes if code is not None}))


def read_areas(table: TomlTable, key: str) -> tuple[int, ...]:
    """Read a list of areas as region ids, ascending; faulty ones are noted and left out."""
    region_ids = (_area_of(table, key, value) for value in table.list_of(key) or ())
    return tuple(sorted({region_id for region_id in region_ids if region_id is not None}))


def area_word(region_id: int) -> str:
    """Write a region as people know it: its area code, else its id.

    >>> area_word(440755), area_word(990000)
    ('0755', '990000')
    """
    return area_code(region_id) or str(region_id)


def province_word(code: int) -> str:
    """Write a province by its English name.

    >>> province_word(44)
    'Guangdong'
    """
    return PROVINCE_BY_CODE[code].name_en


def _province_of(table: TomlTable, key: str, value: object) -> int | None:
    word = str(value).strip().casefold() if _is_word(value) else ""
    if word in _PROVINCE_OF_WORD:
        return _PROVINCE_OF_WORD[word]
    close = difflib.get_close_matches(word, _PROVINCE_OF_WORD, n=1)
    hint = f'did you mean "{province_word(_PROVINCE_OF_WORD[close[0]])}"?' if close else ""
    table.wrong(key, "a province such as 广东, Guangdong or 44", value, hint=hint)
    return None


def _area_of(table: TomlTable, key: str, value: object) -> int | None:
    word = str(value).strip() if _is_word(value) else ""
    if word in PROVINCE_OF_AREA:
        return PROVINCE_OF_AREA[word] * 10_000 + int(word)
    if len(word) == len("440755") and word.isascii() and word.isdigit() and _is_region(int(word)):
        return int(word)
    hint = ""
    if AREA_CODE.fullmatch(word):
        hint = f"of an area code added later write the region id: its province, then {word[1:]:0>4}"
    table.wrong(key, 'an area code such as "0755", or a region id such as 440755', value, hint=hint)
    return None


def _is_region(region_id: int) -> bool:
    """Tell whether a region id is one: an area in the province it lies in, or a place abroad."""
    province, code = province_code(region_id), area_code(region_id)
    if not code:
        return province in PROVINCE_BY_CODE and province not in _PROVINCES_WITH_AREAS
    is_area = province in _PROVINCES_WITH_AREAS and AREA_CODE.fullmatch(code) is not None
    return is_area and PROVINCE_OF_AREA.get(code, province) == province


def _is_word(value: object) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)
