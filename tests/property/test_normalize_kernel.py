"""Law: the normalising kernel gives what the plain rule gives, on any column."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from cdrpipe.cdr.normalize import (
    IP_DIAL_PREFIXES,
    display_form,
    normalize,
    normalize_batch,
    service_number,
    service_number_batch,
)
from cdrpipe.cdr.schema import NUMBER_KINDS
from cdrpipe.numbering.region import Area, build_region_table

AREAS = [
    Area(area_code=area_code, province_code=province_code)
    for area_code, province_code in (("010", 11), ("021", 31), ("0755", 44), ("0951", 64))
]
REGIONS = build_region_table(
    areas=AREAS,
    mobile_prefixes=pa.array([1300000, 1380013, 1795101, 1999999], pa.int32()),
    mobile_region_ids=pa.array([310021, 110010, 440755, 640951], pa.int32()),
    edition="test",
)


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


area_codes = st.sampled_from(["010", "021", "0755", "0951", "029", "0799", "0400", "0700", "011"])
whole_numbers = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["1380013", "1300000", "1795101"]), digits(4, 4)),
    st.builds("1{}".format, digits(10, 10)),
    st.builds("{}{}".format, area_codes, digits(6, 9)),
    st.builds(lambda code, rest: code[1:] + rest, area_codes, digits(6, 9)),
    st.builds("{}{}".format, st.sampled_from(["400", "800", "700"]), digits(5, 13)),
    st.builds("{}{}".format, st.sampled_from(["95", "10", "96"]), digits(2, 7)),
    st.builds("{}{}".format, st.sampled_from(["852", "853", "886", "1", "44"]), digits(3, 15)),
    st.builds("{}{}".format, st.sampled_from(IP_DIAL_PREFIXES), digits(0, 4)),
    digits(0, 30),
)
prefixes = st.lists(
    st.sampled_from(["", "0", "00", "+", "86", "+86", "0086", "000", *IP_DIAL_PREFIXES]), max_size=3
).map("".join)
dirt = st.one_of(
    st.sampled_from([" ", "-", "(", ")", "+", "x", "\0", "\t", "１", "é", "/", ":"]),
    st.characters(),
)


@st.composite
def dirty_numbers(draw: st.DrawFn) -> str:
    text = draw(prefixes) + draw(whole_numbers)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 3]))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(dirt) + text[at:]
    return text


raw_numbers = st.one_of(
    whole_numbers,
    dirty_numbers(),
    st.text(max_size=40),
    st.text(" -()", max_size=40).map("13800138000{}".format),
    st.text("+0123456789 -()", max_size=400),
    st.sampled_from(["anonymous", "", "0", "0000044123456"]),
)
columns = st.lists(st.one_of(st.none(), raw_numbers), max_size=40)
trunk_areas = st.sampled_from(["", "010", "0755"])


def with_bytes_beneath_nulls(values: list[str | None], kind: pa.DataType) -> pa.Array:
    """Make a column whose nulls have a whole number beneath them."""
    full = pa.array(["13800138000" if value is None else value for value in values], kind)
    mask = pa.array([value is not None for value in values], pa.bool_())
    return pa.Array.from_buffers(kind, len(full), [mask.buffers()[1], *full.buffers()[1:]])


@settings(max_examples=400, deadline=None)
@given(
    values=columns,
    trunk_area=trunk_areas,
    start=st.integers(0, 12),
    kind=st.sampled_from([pa.string(), pa.large_string()]),
)
def test_the_kernel_equals_the_rule(
    values: list[str | None], trunk_area: str, start: int, kind: pa.DataType
) -> None:
    raw = with_bytes_beneath_nulls(values, kind)[start:]
    found = normalize_batch(raw, trunk_area=trunk_area, regions=REGIONS)
    expected = [normalize(text, trunk_area=trunk_area, regions=REGIONS) for text in values[start:]]
    assert found.number.to_pylist() == [number.number for number in expected]
    assert found.number.null_count == sum(number.number is None for number in expected)
    assert [NUMBER_KINDS[code] for code in found.kind.to_pylist()] == [
        number.kind for number in expected
    ]
    assert found.region_id.to_pylist() == [number.region_id for number in expected]
    assert found.is_display.to_pylist() == [number.is_display for number in expected]


@settings(max_examples=400, deadline=None)
@given(values=columns, start=st.integers(0, 12))
def test_a_column_of_dialled_numbers_equals_the_rule(values: list[str | None], start: int) -> None:
    raw = with_bytes_beneath_nulls(values, pa.string())[start:]
    assert service_number_batch(raw).to_pylist() == [
        service_number(text) for text in values[start:]
    ]


@settings(max_examples=400, deadline=None)
@given(raw=raw_numbers, trunk_area=trunk_areas)
def test_the_display_form_names_the_same_number(raw: str, trunk_area: str) -> None:
    found = normalize(raw, trunk_area=trunk_area, regions=REGIONS)
    if found.number is None:
        return
    again = normalize(display_form(found.number), trunk_area=trunk_area, regions=REGIONS)
    assert (again.number, again.kind, again.region_id) == (
        found.number,
        found.kind,
        found.region_id,
    )
    assert again.is_display
