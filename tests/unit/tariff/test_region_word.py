import pytest

from cdrpipe.tariff.fault_list import FaultList
from cdrpipe.tariff.region_word import read_area, read_province
from cdrpipe.tariff.toml_lines import locate
from cdrpipe.tariff.toml_table import TomlTable


def table_of(value: object) -> TomlTable:
    return TomlTable({"place": value}, (), FaultList(file="plan.toml", lines=locate("place = 1")))


@pytest.mark.parametrize(
    ("word", "code"),
    [("广东", 44), ("GuangDong", 44), ("44", 44), (44, 44), ("Hong Kong", 81), ("unknown", 0)],
)
def test_a_province_is_its_name_or_code(word: object, code: int) -> None:
    table = table_of(word)
    assert read_province(table, "place") == code
    assert len(table.faults) == 0


@pytest.mark.parametrize("word", ["广东省", 45.0, True, "", 88, ["广东"]])
def test_what_is_no_province_is_told(word: object) -> None:
    table = table_of(word)
    assert read_province(table, "place") is None
    [fault] = table.faults.in_file_order()
    assert fault.message.startswith("`place`: expected a province such as 广东, Guangdong or 44")


@pytest.mark.parametrize(
    ("word", "region_id"),
    [
        ("0755", 440755),
        ("010", 110010),
        (440755, 440755),
        ("440755", 440755),
        (990000, 990000),
        (440420, 440420),  # an area code that an operator added
    ],
)
def test_an_area_is_its_code_or_region_id(word: object, region_id: int) -> None:
    table = table_of(word)
    assert read_area(table, "place") == region_id
    assert len(table.faults) == 0


@pytest.mark.parametrize("word", ["755", 755, "0420", 110755, 440000, 880000, "深圳", True, ""])
def test_what_is_no_area_is_told(word: object) -> None:
    table = table_of(word)
    assert read_area(table, "place") is None
    [fault] = table.faults.in_file_order()
    assert fault.message.startswith('`place`: expected an area code such as "0755"')


def test_an_area_code_added_later_is_written_as_its_region() -> None:
    table = table_of("0420")
    read_area(table, "place")
    [fault] = table.faults.in_file_order()
    assert fault.hint.endswith("write the region id: its province, then 0420")
