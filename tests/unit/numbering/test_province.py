from cdrpipe.numbering.province import ALL_PROVINCES, MAINLAND, MAINLAND_BY_WORD, PROVINCE_BY_CODE


def test_there_are_31_provinces_and_five_places_beside_them() -> None:
    assert len(MAINLAND) == 31
    assert [province.code for province in ALL_PROVINCES if province not in MAINLAND] == [
        0, 71, 81, 82, 99,
    ]  # fmt: skip


def test_codes_and_names_are_unique() -> None:
    assert len(PROVINCE_BY_CODE) == len(ALL_PROVINCES)
    assert len({province.name_zh for province in ALL_PROVINCES}) == len(ALL_PROVINCES)
    assert len({province.name_en for province in ALL_PROVINCES}) == len(ALL_PROVINCES)


def test_a_province_is_found_by_code_and_by_either_name() -> None:
    assert MAINLAND_BY_WORD["44"] is MAINLAND_BY_WORD["广东"] is MAINLAND_BY_WORD["Guangdong"]
    assert MAINLAND_BY_WORD["61"].name_en == "Shaanxi"
    assert MAINLAND_BY_WORD["14"].name_en == "Shanxi"
