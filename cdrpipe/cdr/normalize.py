"""Whose number it is: what switches write, to E.164 digits, kind and region.

``normalize`` is the rule, plain; ``normalize_batch`` is the same rule compiled. What is no full
number is *unknown*, never somewhere near: a ten-digit number without its 0 may be from anywhere.

The steps, each of which may end it:

1. Spaces, ``-``, ``(`` and ``)`` are taken away; what then is not digits behind at most one ``+``
   is unknown.
2. ``+`` or ``00``: a country code follows. 86 goes on as domestic, others are international.
3. A full number: mobile, landline with its area code, 400, 800 or privacy number.
4. A leading 86, if a full number is left; a landline may then lack the 0.
5. An IP-dial prefix, if a full number is left.
6. A short service number (95xxx, 10xxx).
7. A local number, if the trunk's area is known.

In a full number a mobile may have a leading 0. Source: the national numbering plan (areas, mobiles,
95, 10, 400 and 800) and ITU-T E.164 (15 digits, no country code begins with 0).
"""

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe._fast import normalize as kernel
from cdrpipe.errors import ConfigError
from cdrpipe.numbering.region import (
    ABROAD_REGION_ID,
    HONG_KONG_REGION_ID,
    MACAO_REGION_ID,
    TAIWAN_REGION_ID,
    UNKNOWN_REGION_ID,
    RegionTable,
    every_area_table,
)

IP_DIAL_PREFIXES = ("17951", "17950", "12593", "17911", "17909", "10193")

_STRIPPED = str.maketrans("", "", " -()")
_BLANKS = " \t\r\n"
_MOBILE = re.compile(r"0?((1[3-9][0-9]{5})[0-9]{4})")
# Areas with three digits have numbers of eight, the others of seven or eight; 0 and 1 are access
# and service codes and begin no subscriber's number.
_LANDLINE = re.compile(r"(0(?:10|2[0-9]))[2-9][0-9]{7}|(0(?![478]00)[3-9][0-9]{2})[2-9][0-9]{6,7}")
_TEN_DIGIT_SERVICE = re.compile(r"[48]00[0-9]{7}")
_SHORT_SERVICE = re.compile(r"(?:95|10)[0-9]{3,6}")
# Longer than any local number, or 7001234 and the extension 7001 would be taken for one.
_PRIVACY = re.compile(r"700[0-9]{6,12}")
_LOCAL = re.compile(r"[2-9][0-9]{6,7}")
_INTERNATIONAL = re.compile(r"[1-9][0-9]{6,14}")
_CHINESE_COUNTRY_CODES = {
    "852": HONG_KONG_REGION_ID,
    "853": MACAO_REGION_ID,
    "886": TAIWAN_REGION_ID,
}

_Found = tuple[str, str, int]  # kind, E.164 digits, region


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedNumber:
    """A number with its place.

    ``number`` is its E.164 digits, None where unknown; ``kind`` one of NUMBER_KINDS; ``region_id``
    0 where it has none or the data does not know it; ``is_display`` tells that the source wrote
    exactly ``display_form(number)``.
    """

    number: int | None
    kind: str
    region_id: int
    is_display: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedNumbers:
    """A column of numbers with their places, as NormalizedNumber has them.

    ``number`` is null where unknown; ``kind`` is the position in NUMBER_KINDS; the others are never
    null.
    """

    number: pa.Int64Array
    kind: pa.Int8Array
    region_id: pa.Int32Array
    is_display: pa.BooleanArray


def normalize(raw: str | None, *, trunk_area: str, regions: RegionTable) -> NormalizedNumber:
    """Find whose number a source wrote.

    Parameters
    ----------
    raw
        As the source wrote it; None where it wrote none.
    trunk_area
        Area code, with its 0, of numbers written without one; empty where none is known.
    regions
        Regions by prefix.

    Raises
    ------
    ConfigError
        There is no area code ``trunk_area``.
    """
    _check_trunk_area(trunk_area, regions)
    found = _find((raw or "").translate(_STRIPPED), trunk_area, regions)
    if found is None:
        return NormalizedNumber(
            number=None, kind="unknown", region_id=UNKNOWN_REGION_ID, is_display=False
        )
    kind, digits, region_id = found
    number = int(digits)
    return NormalizedNumber(
        number=number, kind=kind, region_id=region_id, is_display=raw == display_form(number)
    )


def normalize_batch(raw: pa.Array, *, trunk_area: str, regions: RegionTable) -> NormalizedNumbers:
    """Find whose numbers a source wrote, a column at a time.

    Parameters
    ----------
    raw
        (n,) string or large_string, null where the source wrote none.
    trunk_area, regions
        As for ``normalize``.

    Returns
    -------
    (n,) what ``normalize`` gives for each.

    Raises
    ------
    ConfigError
        There is no area code ``trunk_area``.
    ValueError
        The offsets of ``raw`` point outside its bytes.
    """
    assert pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type), raw.type
    _check_trunk_area(trunk_area, regions)
    count = len(raw)
    number, kind = pa.allocate_buffer(8 * count), pa.allocate_buffer(count)
    region_id = pa.allocate_buffer(4 * count)
    is_known, is_display = (pa.allocate_buffer((count + 7) // 8) for _ in range(2))
    validity, _, text = raw.buffers()
    unknown_count = kernel.normalize_batch(
        _offsets(raw),
        memoryview(text or b"").cast("B"),
        memoryview(validity or b"").cast("B"),
        raw.offset,
        int(trunk_area or "0"),
        memoryview(regions.slots).cast("B").cast("H"),
        memoryview(regions.region_ids).cast("B").cast("i"),
        memoryview(number).cast("B").cast("q"),
        memoryview(kind).cast("B").cast("b"),
        memoryview(region_id).cast("B").cast("i"),
        memoryview(is_known).cast("B"),
        memoryview(is_display).cast("B"),
    )
    return NormalizedNumbers(
        number=pa.Array.from_buffers(pa.int64(), count, [is_known, number], unknown_count),
        kind=pa.Array.from_buffers(pa.int8(), count, [None, kind], 0),
        region_id=pa.Array.from_buffers(pa.int32(), count, [None, region_id], 0),
        is_display=pa.Array.from_buffers(pa.bool_(), count, [None, is_display], 0),
    )


def display_form(number: int) -> str:
    """Give a number as people in China write it.

    Parameters
    ----------
    number
        E.164 digits, as ``normalize`` gives them.

    >>> [display_form(number) for number in (8613800138000, 862161234567, 8695588, 85291234567)]
    ['13800138000', '02161234567', '95588', '+85291234567']
    """
    digits = str(number)
    if not digits.startswith("86"):
        return f"+{digits}"
    national = digits.removeprefix("86")
    return f"0{national}" if _LANDLINE.fullmatch(f"0{national}") else national


def service_number(raw: str | None) -> str | None:
    """Give a dialled number as the register names it.

    The display form where it is a full number, else the text as dialled, without blanks around it;
    None where nothing was dialled. Which area codes there are does not matter.

    >>> service_number("+86 400-800-1234"), service_number("voicemail "), service_number("1002")
    ('4008001234', 'voicemail', '1002')
    """
    number = normalize(raw, trunk_area="", regions=every_area_table()).number
    if number is None:
        return (raw or "").strip(_BLANKS) or None
    return display_form(number)


def service_number_batch(raw: pa.Array) -> pa.StringArray:
    """Give dialled numbers as the register names them, a column at a time.

    Parameters
    ----------
    raw
        (n,) string or large_string.

    Returns
    -------
    (n,) what ``service_number`` gives for each.

    Notes
    -----
    Cost: the kernel's for a column in display form, which is given back as it is.
    """
    found = normalize_batch(raw, trunk_area="", regions=every_area_table())
    texts = raw.cast(pa.string())
    others = pc.invert(found.is_display)
    if others.true_count == 0:
        return texts
    as_dialled = pc.utf8_trim(texts.filter(others), _BLANKS)
    as_dialled = pc.if_else(pc.equal(as_dialled, ""), None, as_dialled)
    written = _display_forms(found.number.filter(others), found.kind.filter(others))
    return pc.replace_with_mask(texts, others, pc.coalesce(written, as_dialled))


def _display_forms(number: pa.Int64Array, kind: pa.Int8Array) -> pa.StringArray:
    """Give ``display_form`` of each number, null where the number is."""
    digits = number.cast(pa.string())
    national = pc.utf8_slice_codeunits(digits, 2)
    is_landline = pc.equal(kind, kernel.NumberKind.LANDLINE.value)
    is_international = pc.equal(kind, kernel.NumberKind.INTERNATIONAL.value)
    return pc.case_when(
        pc.make_struct(is_landline, is_international),
        pc.binary_join_element_wise("0", national, ""),
        pc.binary_join_element_wise("+", digits, ""),
        national,
    )


def _offsets(raw: pa.Array) -> memoryview:
    """Give the (n + 1,) offsets of a column's texts, which may be cut out of a longer column."""
    if len(raw) == 0:  # Arrow lets such a column do without offsets
        return memoryview(bytes(4)).cast("i")
    whole = memoryview(raw.buffers()[1]).cast("B")
    offsets = whole.cast("q") if pa.types.is_large_string(raw.type) else whole.cast("i")
    return offsets[raw.offset : raw.offset + len(raw) + 1]


def _check_trunk_area(trunk_area: str, regions: RegionTable) -> None:
    if trunk_area and regions.region_of_landline(trunk_area) is None:
        raise ConfigError(
            f"expected an area code such as 0755 as trunk_area, got {trunk_area!r}",
            code="TRUNK_AREA_UNKNOWN",
            where="trunk_area",
            hint="Write the area code with its 0, or leave the setting empty.",
        )


def _find(text: str, trunk_area: str, regions: RegionTable) -> _Found | None:
    """Take steps 2 to 7 on a text without separators."""
    for access_code in ("+", "00"):
        if text.startswith(access_code):
            return _behind_access_code(text.removeprefix(access_code), regions)
    return (
        _full_number(text, regions)
        or (_behind_country_code(text[2:], regions) if text.startswith("86") else None)
        or _behind_ip_dial_prefix(text, regions)
        or _short_service(text)
        or _local_number(text, trunk_area, regions)
    )


def _behind_access_code(text: str, regions: RegionTable) -> _Found | None:
    if text.startswith("86"):
        national = text.removeprefix("86")
        return _behind_country_code(national, regions) or _short_service(national)
    if _INTERNATIONAL.fullmatch(text) is None:
        return None
    return "international", text, _CHINESE_COUNTRY_CODES.get(text[:3], ABROAD_REGION_ID)


def _behind_country_code(text: str, regions: RegionTable) -> _Found | None:
    """Read what stands behind 86; as in E.164 a landline has no 0 there, though many write it."""
    return (
        _full_number(text, regions)
        or _full_number(f"0{text}", regions)
        or _behind_ip_dial_prefix(text, regions)
    )


def _behind_ip_dial_prefix(text: str, regions: RegionTable) -> _Found | None:
    return _full_number(text[5:], regions) if text.startswith(IP_DIAL_PREFIXES) else None


def _full_number(text: str, regions: RegionTable) -> _Found | None:
    if match := _MOBILE.fullmatch(text):
        return "mobile", f"86{match[1]}", regions.region_of_mobile(int(match[2]))
    if _TEN_DIGIT_SERVICE.fullmatch(text):
        return "service", f"86{text}", UNKNOWN_REGION_ID
    if _PRIVACY.fullmatch(text):
        return "privacy", f"86{text}", UNKNOWN_REGION_ID
    if match := _LANDLINE.fullmatch(text):
        region_id = regions.region_of_landline(match[1] or match[2])
        if region_id is not None:
            return "landline", f"86{text.removeprefix('0')}", region_id
    return None


def _short_service(text: str) -> _Found | None:
    return ("service", f"86{text}", UNKNOWN_REGION_ID) if _SHORT_SERVICE.fullmatch(text) else None


def _local_number(text: str, trunk_area: str, regions: RegionTable) -> _Found | None:
    if not trunk_area or _LOCAL.fullmatch(text) is None:
        return None
    return _full_number(trunk_area + text, regions)
