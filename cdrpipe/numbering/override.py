"""An operator's own corrections of the number data: prefixes placed elsewhere, area codes added."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cdrpipe.errors import Fault, TariffError
from cdrpipe.numbering.province import MAINLAND_BY_WORD, PROVINCE_BY_CODE
from cdrpipe.numbering.region import AREA_CODE, Area

OVERRIDE_COLUMNS = ["prefix", "area_code", "province"]
OVERRIDE_ROWS_MAX = 200_000
_MOBILE_PREFIX = re.compile(r"1[3-9][0-9]{5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionOverrides:
    """Mobile prefixes with the region they are in, and area codes the data does not know."""

    mobile_region_ids: dict[int, int]
    areas: tuple[Area, ...]


def parse_region_overrides(text: str, *, file: str, known_areas: Iterable[Area]) -> RegionOverrides:
    """Read a table of overrides, and find all its faults at once.

    Parameters
    ----------
    text
        CSV with the header ``prefix,area_code,province``. ``prefix`` is a mobile's first seven
        digits, or an area code to add; then ``area_code`` repeats it. ``province`` is its code, its
        Chinese or its English name.
    file
        Name of the file, for messages.
    known_areas
        Area codes of the data.

    Raises
    ------
    TariffError
        With every fault and its line.
    """
    numbered = _numbered_rows(text, file)
    provinces = {area.area_code: area.province_code for area in known_areas}
    areas = _added_areas(numbered, provinces)
    provinces |= {area.area_code: area.province_code for area in areas}
    faults: list[Fault] = []
    first_lines: dict[str, int] = {}
    for line, row in numbered:
        faults += [_fault(message, file, line) for message in _row_faults(row, provinces)]
        first_line = first_lines.setdefault(row[0], line)
        if first_line != line:
            faults.append(
                _fault(f"prefix {row[0]} was given before, in line {first_line}", file, line)
            )
    if faults:
        _refuse(faults)
    return RegionOverrides(
        mobile_region_ids={
            int(prefix): Area(area_code=code, province_code=provinces[code]).region_id
            for _, (prefix, code, _province) in numbered
            if prefix != code
        },
        areas=areas,
    )


def _numbered_rows(text: str, file: str) -> list[tuple[int, list[str]]]:
    """Split the text into rows with their line numbers; a field does not run over lines."""
    lines = text.removeprefix("\ufeff").splitlines()
    header = lines[0] if lines else ""
    if header != ",".join(OVERRIDE_COLUMNS):
        message = f"expected the header {','.join(OVERRIDE_COLUMNS)}, got {header[:80]!r}"
        _refuse([_fault(message, file, 1)])
    if len(lines) - 1 > OVERRIDE_ROWS_MAX:
        message = f"expected at most {OVERRIDE_ROWS_MAX} rows, got {len(lines) - 1}"
        _refuse([_fault(message, file, OVERRIDE_ROWS_MAX + 2)])
    return [
        (number, [field.strip() for field in line.split(",")])
        for number, line in enumerate(lines[1:], start=2)
        if line.strip()
    ]


def _added_areas(rows: list[tuple[int, list[str]]], known: dict[str, int]) -> tuple[Area, ...]:
    """Collect the area codes that the rows add; faulty rows add none and are reported later."""
    added = {
        row[0]: Area(area_code=row[0], province_code=MAINLAND_BY_WORD[row[2]].code)
        for _, row in rows
        if not _shape_faults(row) and row[0] == row[1] and row[0] not in known
    }
    return tuple(added.values())


def _row_faults(row: list[str], provinces: dict[str, int]) -> Iterator[str]:
    """Say what is wrong with one row, given the province of every area code there is."""
    shape_faults = list(_shape_faults(row))
    if shape_faults:
        yield from shape_faults
        return
    _, code, word = row
    if code not in provinces:
        yield f"area code {code} is not in the data and no row adds it"
    elif provinces[code] != MAINLAND_BY_WORD[word].code:
        home = PROVINCE_BY_CODE[provinces[code]]
        yield f"area code {code} lies in {home.name_en} ({home.code}), not in {word}"


def _shape_faults(row: list[str]) -> list[str]:
    """Say what is wrong with one row by itself."""
    if len(row) != len(OVERRIDE_COLUMNS):
        return [f"expected {len(OVERRIDE_COLUMNS)} fields, got {len(row)}"]
    prefix, code, word = row
    faults = []
    if AREA_CODE.fullmatch(code) is None:
        faults.append(f"expected an area code such as 0755, got {code!r}")
    if _MOBILE_PREFIX.fullmatch(prefix) is None and prefix != code:
        faults.append(f"expected seven digits of a mobile number or the area code, got {prefix!r}")
    if word not in MAINLAND_BY_WORD:
        faults.append(f"expected a province such as 44, 广东 or Guangdong, got {word!r}")
    return faults


def _fault(message: str, file: str, line: int) -> Fault:
    return Fault(message, where=f"{file}:{line}")


def _refuse(faults: list[Fault]) -> None:
    raise TariffError(
        f"expected region overrides, got {len(faults)} fault{'s' * (len(faults) != 1)}",
        faults=tuple(faults),
        where=faults[0].where,
        hint="Mend the lines named; nothing of the file is in force.",
    )
