import pyarrow as pa
import pytest

from cdrpipe._fast import normalize as kernel
from cdrpipe.numbering import region
from cdrpipe.numbering.region import (
    AREA_CODE,
    Area,
    RegionTable,
    area_code,
    build_region_table,
    every_area_table,
    province_code,
    region_rows,
)

BEIJING = Area(area_code="010", province_code=11, city_zh="北京")
SHENZHEN = Area(area_code="0755", province_code=44, city_zh="深圳")


def table(prefixes: list[int], region_ids: list[int]) -> RegionTable:
    return build_region_table(
        areas=[SHENZHEN, BEIJING],
        mobile_prefixes=pa.array(prefixes, pa.int32()),
        mobile_region_ids=pa.array(region_ids, pa.int32()),
        edition="test",
    )


def test_region_id_is_province_and_area_code() -> None:
    assert BEIJING.region_id == 110010
    assert SHENZHEN.region_id == 440755
    assert (province_code(440755), area_code(440755)) == (44, "0755")
    assert (province_code(110010), area_code(110010)) == (11, "010")


def test_places_without_an_area_code_have_none() -> None:
    assert [area_code(region_id) for region_id in region.REGION_IDS_WITHOUT_AREA] == [""] * 5


def test_a_mobile_is_found_by_its_prefix_up_to_both_ends_of_the_range() -> None:
    regions = table([1300000, 1999999], [110010, 440755])
    assert regions.region_of_mobile(1300000) == 110010
    assert regions.region_of_mobile(1300001) == 0
    assert regions.region_of_mobile(1999999) == 440755


def test_a_landline_is_found_by_its_area_code() -> None:
    regions = table([], [])
    assert regions.region_of_landline("010") == 110010
    assert regions.region_of_landline("0755") == 440755


@pytest.mark.parametrize("word", ["0756", "755", "", "00755", "0755 ", "0", "099999", "０７５５"])
def test_what_is_no_area_code_of_the_table_has_no_region(word: str) -> None:
    assert table([], []).region_of_landline(word) is None


def test_a_prefix_given_twice_is_a_broken_table() -> None:
    with pytest.raises(AssertionError, match="a prefix came twice"):
        table([1380000, 1380000], [110010, 440755])


def test_every_possible_area_code_is_in_the_table_of_all() -> None:
    regions = every_area_table()
    for number in range(1000):
        word = f"0{number}"
        exists = AREA_CODE.fullmatch(word) is not None
        assert regions.region_of_landline(word) == (0 if exists else None)
    assert regions.region_of_mobile(1380013) == 0


@pytest.mark.parametrize("word", ["0400", "0700", "0800", "011", "019", "0210", "001"])
def test_codes_that_other_numbers_begin_with_are_no_area_codes(word: str) -> None:
    assert AREA_CODE.fullmatch(word) is None


def test_rows_list_every_region_once_with_names() -> None:
    rows = region_rows(table([], [])).to_pylist()
    assert [row["region_id"] for row in rows] == [0, 110010, 440755, 710000, 810000, 820000, 990000]
    assert rows[2] == {
        "region_id": 440755,
        "province_code": 44,
        "province_zh": "广东",
        "province_en": "Guangdong",
        "area_code": "0755",
        "city_zh": "深圳",
    }
    assert rows[0]["area_code"] is None
    assert rows[-1]["province_en"] == "Abroad"


def test_the_kernel_knows_the_same_layout_and_regions() -> None:
    for member in kernel.Layout:
        assert getattr(region, member.name) == member.value
