import struct
from pathlib import Path

import pytest

from cdrpipe.errors import ConfigError, InputError, TariffError
from cdrpipe.intake import region_data
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.numbering.region import RegionTable, region_rows


@pytest.fixture(scope="module")
def regions() -> RegionTable:
    return load_region_table()


def number_data(entries: list[tuple[int, int]], places: bytes) -> bytes:
    """Write number data as package phone has it; an entry is a prefix and its place's position."""
    return (
        struct.pack("<4si", b"2312", 8 + len(places))
        + places
        + b"".join(struct.pack("<iiB", prefix, position, 1) for prefix, position in entries)
    )


def install(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    class FakePhone:
        buf = data

    monkeypatch.setattr(region_data, "Phone", FakePhone)


BEIJING = "北京|北京|100000|010\0".encode()


def test_the_data_has_321_area_codes_in_31_provinces(regions: RegionTable) -> None:
    assert len(regions.areas) == 321
    assert len({area.province_code for area in regions.areas}) == 31
    assert regions.edition.startswith("phone 0.")


def test_every_mobile_prefix_of_the_data_has_a_region(regions: RegionTable) -> None:
    slots = memoryview(regions.slots).cast("B").cast("H")[:700_000]
    assert sum(slot != 0 for slot in slots) == 499_527


def test_well_known_prefixes_are_where_everybody_knows_them_to_be(regions: RegionTable) -> None:
    assert regions.region_of_mobile(1380013) == 110010
    assert regions.region_of_landline("021") == 310021
    assert regions.region_of_landline("0755") == 440755
    assert regions.region_of_landline("0413") is None  # joined with 024


def test_the_miswritten_area_code_of_xilin_gol_is_mended(regions: RegionTable) -> None:
    assert regions.region_of_landline("0479") == 150479
    assert "00479" not in {area.area_code for area in regions.areas}


def test_the_city_of_an_area_is_the_one_with_the_most_prefixes(regions: RegionTable) -> None:
    cities = {row["area_code"]: row["city_zh"] for row in region_rows(regions).to_pylist()}
    assert (cities["0731"], cities["024"], cities["0898"]) == ("长沙", "沈阳", "海口")


def test_overrides_lie_over_the_data(tmp_path: Path, regions: RegionTable) -> None:
    file = tmp_path / "own.csv"
    file.write_text(
        "prefix,area_code,province\n1380013,0755,广东\n0413,0413,21\n", encoding="utf-8"
    )
    changed = load_region_table(file)
    assert changed.region_of_mobile(1380013) == 440755
    assert changed.region_of_landline("0413") == 210413
    assert changed.region_of_mobile(1380014) == regions.region_of_mobile(1380014)
    assert len(changed.areas) == 322


def test_faults_of_the_overrides_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("prefix,area_code,province\n138,0755,广东\n", encoding="utf-8")
    with pytest.raises(TariffError) as caught:
        load_region_table(file)
    assert [fault.where for fault in caught.value.faults] == [f"{file}:2"]


def test_overrides_that_are_not_there_or_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected region overrides as UTF-8 text"):
        load_region_table(tmp_path / "missing.csv")
    gb18030 = tmp_path / "gb18030.csv"
    gb18030.write_bytes("prefix,area_code,province\n1380013,0755,广东\n".encode("gb18030"))
    with pytest.raises(InputError, match="expected region overrides as UTF-8 text"):
        load_region_table(gb18030)


def test_an_override_file_over_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own.csv"
    file.write_bytes(b"x" * 101)
    monkeypatch.setattr(region_data, "OVERRIDE_FILE_BYTES_MAX", 100)
    with pytest.raises(InputError, match="at most 100 bytes"):
        load_region_table(file)


def test_small_data_of_the_right_form_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    install(number_data([(1300000, 8), (1300002, 8)], BEIJING), monkeypatch)
    regions = load_region_table()
    assert [regions.region_of_mobile(1300000 + step) for step in range(3)] == [110010, 0, 110010]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        number_data([(1300000, 8)], BEIJING)[:-1],  # cut within an entry
        number_data([], BEIJING),
        number_data([(1300000, 9)], BEIJING),  # no place begins there
        number_data([(1300001, 8), (1300000, 8)], BEIJING),
        number_data([(1300000, 8), (1300000, 8)], BEIJING),
        number_data([(1299999, 8)], BEIJING),
        number_data([(2000000, 8)], BEIJING),
        number_data([(1300000, 8)], b"\xff|a|b|010\0"),
        number_data([(1300000, 8)], "北京|北京|010\0".encode()),
        number_data([(1300000, 8)], "长安|长安|100000|010\0".encode()),
        number_data([(1300000, 8)], "北京|北京|100000|10\0".encode()),
        number_data([(1300000, 8)], BEIJING + "天津|天津|300000|010\0".encode()),
    ],
)
def test_damaged_data_is_refused(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    install(data, monkeypatch)
    with pytest.raises(ConfigError, match="expected the number data of package phone"):
        load_region_table()
