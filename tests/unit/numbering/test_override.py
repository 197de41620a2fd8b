import pytest

from cdrpipe.errors import TariffError
from cdrpipe.numbering import override
from cdrpipe.numbering.override import RegionOverrides, parse_region_overrides
from cdrpipe.numbering.region import Area

HEADER = "prefix,area_code,province\n"
KNOWN = (Area(area_code="0755", province_code=44), Area(area_code="010", province_code=11))


def parse(text: str) -> RegionOverrides:
    return parse_region_overrides(text, file="own.csv", known_areas=KNOWN)


def faults_of(text: str) -> list[tuple[str, str]]:
    with pytest.raises(TariffError) as caught:
        parse(text)
    return [(fault.where, fault.message) for fault in caught.value.faults]


def test_a_mobile_prefix_is_placed_in_its_region() -> None:
    overrides = parse(HEADER + "1380013,0755,44\n1990000,010,北京\n")
    assert overrides.mobile_region_ids == {1380013: 440755, 1990000: 110010}
    assert overrides.areas == ()


def test_an_area_code_can_be_added_and_used_by_an_earlier_line() -> None:
    overrides = parse(HEADER + "1380013,0634,山东\n0634,0634,Shandong\n")
    assert overrides.areas == (Area(area_code="0634", province_code=37),)
    assert overrides.mobile_region_ids == {1380013: 370634}


def test_an_area_code_the_data_has_changes_nothing() -> None:
    assert parse(HEADER + "0755,0755,广东\n") == RegionOverrides(mobile_region_ids={}, areas=())


def test_spaces_blank_lines_carriage_returns_and_a_byte_order_mark_are_taken() -> None:
    text = "\ufeff" + HEADER.replace("\n", "\r\n") + "\r\n 1380013 , 0755 , 广东 \r\n"
    assert parse(text).mobile_region_ids == {1380013: 440755}


def test_all_faults_are_named_with_their_lines() -> None:
    text = HEADER + (
        "138001,0755,广东\n"  # six digits
        "1380013,0756,广东\n"  # not in the data
        "1380014,010,广东\n"  # Beijing's code
        "1380015,0755,Canton\n"
        "1380016,0755\n"
        "1380017,0755,44\n"
        "1380017,010,11\n"
        "0400,0400,广东\n"
    )
    assert faults_of(text) == [
        ("own.csv:2", "expected seven digits of a mobile number or the area code, got '138001'"),
        ("own.csv:3", "area code 0756 is not in the data and no row adds it"),
        ("own.csv:4", "area code 010 lies in Beijing (11), not in 广东"),
        ("own.csv:5", "expected a province such as 44, 广东 or Guangdong, got 'Canton'"),
        ("own.csv:6", "expected 3 fields, got 2"),
        ("own.csv:8", "prefix 1380017 was given before, in line 7"),
        ("own.csv:9", "expected an area code such as 0755, got '0400'"),
    ]


def test_an_area_code_added_with_two_provinces_is_a_fault() -> None:
    faults = faults_of(HEADER + "0634,0634,山东\n1380013,0634,广东\n")
    assert faults == [("own.csv:3", "area code 0634 lies in Shandong (37), not in 广东")]


@pytest.mark.parametrize("text", ["", "prefix;area_code;province\n", "1380013,0755,44\n"])
def test_another_header_is_refused(text: str) -> None:
    ((where, message),) = faults_of(text)
    assert where == "own.csv:1"
    assert message.startswith("expected the header prefix,area_code,province, got ")


def test_more_rows_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(override, "OVERRIDE_ROWS_MAX", 1)
    faults = faults_of(HEADER + "1380013,0755,44\n1380014,0755,44\n")
    assert faults == [("own.csv:3", "expected at most 1 rows, got 2")]
