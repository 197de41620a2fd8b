from cdrpipe.cdr.normalize import normalize
from cdrpipe.demo.places import CITIES, EIGHT_DIGIT_AREAS, RESIDENTS, local_digits
from cdrpipe.numbering.province import MAINLAND
from cdrpipe.numbering.region import RegionTable


def test_a_city_s_mobiles_are_at_home_in_its_area(regions: RegionTable) -> None:
    for city in CITIES:
        home = regions.region_of_landline(city.area_code)
        assert home is not None
        assert regions.region_of_mobile(city.mobile_prefix) == home, city


def test_every_province_with_area_codes_has_residents() -> None:
    assert sorted(RESIDENTS) == [province.code for province in MAINLAND]


def test_areas_with_eight_digits_exist(regions: RegionTable) -> None:
    assert all(regions.region_of_landline(area) for area in EIGHT_DIGIT_AREAS)


def test_landlines_of_every_city_are_full_numbers(regions: RegionTable) -> None:
    for city in CITIES:
        written = city.area_code + "2" * local_digits(city.area_code)
        found = normalize(written, trunk_area="", regions=regions)
        assert (found.kind, found.is_display) == ("landline", True)
