from cdrpipe.intake.region_data import load_region_table
from cdrpipe.numbering.area_code import PROVINCE_OF_AREA


def test_the_area_codes_are_those_of_the_number_data() -> None:
    areas = load_region_table().areas
    assert {area.area_code: area.province_code for area in areas} == PROVINCE_OF_AREA
