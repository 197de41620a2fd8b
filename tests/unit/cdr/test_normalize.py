import pyarrow as pa
import pytest

from cdrpipe._fast import normalize as kernel
from cdrpipe.cdr.normalize import (
    NormalizedNumber,
    NormalizedNumbers,
    display_form,
    normalize,
    normalize_batch,
    service_number,
    service_number_batch,
)
from cdrpipe.cdr.schema import NUMBER_KINDS
from cdrpipe.errors import ConfigError
from cdrpipe.numbering.region import Area, RegionTable, build_region_table

UNKNOWN = NormalizedNumber(number=None, kind="unknown", region_id=0, is_display=False)


@pytest.fixture(scope="module")
def regions() -> RegionTable:
    return build_region_table(
        areas=[
            Area(area_code="010", province_code=11),
            Area(area_code="021", province_code=31),
            Area(area_code="0755", province_code=44),
        ],
        mobile_prefixes=pa.array([1380013, 1795101], pa.int32()),
        mobile_region_ids=pa.array([110010, 440755], pa.int32()),
        edition="test",
    )


def both(raw: str | None, regions: RegionTable, trunk_area: str = "") -> NormalizedNumber:
    """Give what the rule finds, and insist that the kernel finds the same."""
    found = normalize(raw, trunk_area=trunk_area, regions=regions)
    batch = normalize_batch(pa.array([raw], pa.string()), trunk_area=trunk_area, regions=regions)
    assert row(batch, 0) == found
    return found


def row(numbers: NormalizedNumbers, index: int) -> NormalizedNumber:
    return NormalizedNumber(
        number=numbers.number[index].as_py(),
        kind=NUMBER_KINDS[numbers.kind[index].as_py()],
        region_id=numbers.region_id[index].as_py(),
        is_display=numbers.is_display[index].as_py(),
    )


@pytest.mark.parametrize(
    "raw",
    [
        "+8613800138000",
        "008613800138000",
        "8613800138000",
        "013800138000",
        "+86 138-0013-8000",
        "(+86) 138 0013 8000",
        "+86013800138000",
        "8613800138000 ",
        "1795113800138000",
        "17951013800138000",
        "17950013800138000",
        "1259313800138000",
        "17911013800138000",
        "17909013800138000",
        "1019313800138000",
        "8617951013800138000",
        "+8617951013800138000",
    ],
)
def test_a_mobile_is_found_behind_every_prefix(raw: str, regions: RegionTable) -> None:
    assert both(raw, regions) == NormalizedNumber(
        number=8613800138000, kind="mobile", region_id=110010, is_display=False
    )


def test_a_mobile_in_display_form_is_marked_so(regions: RegionTable) -> None:
    assert both("13800138000", regions) == NormalizedNumber(
        number=8613800138000, kind="mobile", region_id=110010, is_display=True
    )


def test_a_mobile_whose_prefix_the_data_lacks_keeps_its_number(regions: RegionTable) -> None:
    assert both("19900138000", regions) == NormalizedNumber(
        number=8619900138000, kind="mobile", region_id=0, is_display=True
    )


def test_a_mobile_that_begins_like_an_ip_dial_prefix_is_a_mobile(regions: RegionTable) -> None:
    assert both("17951012345", regions) == NormalizedNumber(
        number=8617951012345, kind="mobile", region_id=440755, is_display=True
    )


@pytest.mark.parametrize(
    ("raw", "number", "region_id", "is_display"),
    [
        ("02161234567", 862161234567, 310021, True),
        ("075561234567", 8675561234567, 440755, True),
        ("07556123456", 867556123456, 440755, True),  # seven digits
        ("021-61234567", 862161234567, 310021, False),
        ("+862161234567", 862161234567, 310021, False),
        ("+86 (0)21 6123 4567", 862161234567, 310021, False),
        ("862161234567", 862161234567, 310021, False),
        ("8602161234567", 862161234567, 310021, False),
        ("1795102161234567", 862161234567, 310021, False),
        ("01061234567", 861061234567, 110010, True),
    ],
)
def test_a_landline_lies_where_its_area_code_does(
    raw: str, number: int, region_id: int, *, is_display: bool, regions: RegionTable
) -> None:
    assert both(raw, regions) == NormalizedNumber(
        number=number, kind="landline", region_id=region_id, is_display=is_display
    )


@pytest.mark.parametrize(
    ("raw", "number", "is_display"),
    [
        ("4008001234", 864008001234, True),
        ("400-800-1234", 864008001234, False),
        ("8008101234", 868008101234, True),
        ("+864008001234", 864008001234, False),
        ("864008001234", 864008001234, False),
        ("95588", 8695588, True),
        ("95013123", 8695013123, True),
        ("10086", 8610086, True),
        ("+8695588", 8695588, False),
        ("10193123", 8610193123, True),  # short, though it begins like an IP-dial prefix
    ],
)
def test_a_service_number_has_no_region(
    raw: str, number: int, *, is_display: bool, regions: RegionTable
) -> None:
    assert both(raw, regions) == NormalizedNumber(
        number=number, kind="service", region_id=0, is_display=is_display
    )


@pytest.mark.parametrize("raw", ["700123456", "700123456789012", "7001234567"])
def test_a_privacy_number_has_no_region(raw: str, regions: RegionTable) -> None:
    assert both(raw, regions) == NormalizedNumber(
        number=int(f"86{raw}"), kind="privacy", region_id=0, is_display=True
    )


@pytest.mark.parametrize(
    ("raw", "number", "region_id", "is_display"),
    [
        ("+85291234567", 85291234567, 810000, True),
        ("0085291234567", 85291234567, 810000, False),
        ("+85366123456", 85366123456, 820000, True),
        ("+886912345678", 886912345678, 710000, True),
        ("+12125551234", 12125551234, 990000, True),
        ("0012125551234", 12125551234, 990000, False),
        ("+1 (212) 555-1234", 12125551234, 990000, False),
        ("+1234567", 1234567, 990000, True),
        ("+123456789012345", 123456789012345, 990000, True),
    ],
)
def test_another_country_is_told_by_its_code(
    raw: str, number: int, region_id: int, *, is_display: bool, regions: RegionTable
) -> None:
    assert both(raw, regions) == NormalizedNumber(
        number=number, kind="international", region_id=region_id, is_display=is_display
    )


@pytest.mark.parametrize(
    "raw",
    [
        None, "", "0", "00", "+", "86", "+86", "anonymous", "unknown", "restricted", "&", "  ", "-",
        "000004412345678", "+013800138000", "++8613800138000", "13800138000+",
        "138001380000", "1380013800", "12800138000", "1380013800X", "１３８００１３８０００",
        "2161234567",  # ten digits without the 0 may be a number of any country
        "7373512303", "75561234567",
        "0216123456",  # Shanghai's numbers have eight digits
        "02111234567", "02101234567",  # 1 and 0 begin no subscriber's number
        "079912345678", "040082345678", "04008001234",
        "17951", "1795161234567", "179512161234567", "17951861380013800", "179518613800138000",
        "1795195588", "17952013800138000", "01795113800138000",
        "+8661234567", "008661234567", "+86110", "8695588", "8610086", "110", "12315", "1002",
        "950", "955881234", "70012345", "7001234567890123", "+123456", "+1234567890123456",
        "sip:13800138000", "13800138000\n", "\t13800138000", "13800138000,", "9" * 300, " " * 300,
    ],
)  # fmt: skip
def test_what_is_no_full_number_is_unknown(raw: str | None, regions: RegionTable) -> None:
    assert both(raw, regions) == UNKNOWN


@pytest.mark.parametrize(
    ("raw", "trunk_area", "number"),
    [
        ("61234567", "021", 862161234567),
        ("6123-4567", "0755", 8675561234567),
        ("6123456", "0755", 867556123456),
        ("8695588", "0755", 867558695588),  # 86 is no country code in a local number
        ("70012345", "0755", 8675570012345),
    ],
)
def test_a_local_number_takes_the_trunks_area(
    raw: str, trunk_area: str, number: int, regions: RegionTable
) -> None:
    found = both(raw, regions, trunk_area)
    assert (found.number, found.kind, found.is_display) == (number, "landline", False)
    assert found.region_id == regions.region_of_landline(trunk_area)


@pytest.mark.parametrize("raw", ["6123456", "12345678", "01234567", "612345678", "+61234567"])
def test_what_is_no_local_number_takes_no_area(raw: str, regions: RegionTable) -> None:
    assert both(raw, regions, "021").kind != "landline"


def test_a_short_service_number_goes_before_a_local_number(regions: RegionTable) -> None:
    assert both("95013123", regions, "0755").kind == "service"


@pytest.mark.parametrize("trunk_area", ["0756", "755", "shenzhen"])
def test_a_trunk_area_that_does_not_exist_is_refused(trunk_area: str, regions: RegionTable) -> None:
    with pytest.raises(ConfigError, match="expected an area code such as 0755 as trunk_area"):
        normalize("61234567", trunk_area=trunk_area, regions=regions)
    with pytest.raises(ConfigError, match="expected an area code such as 0755 as trunk_area"):
        normalize_batch(pa.array(["61234567"]), trunk_area=trunk_area, regions=regions)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (8613800138000, "13800138000"),
        (862161234567, "02161234567"),
        (861061234567, "01061234567"),
        (867556123456, "07556123456"),
        (864008001234, "4008001234"),
        (868008101234, "8008101234"),
        (867002345678, "7002345678"),
        (8695588, "95588"),
        (8610086, "10086"),
        (85291234567, "+85291234567"),
        (12125551234, "+12125551234"),
        (886912345678, "+886912345678"),
    ],
)
def test_the_display_form_is_how_people_write_it(number: int, text: str) -> None:
    assert display_form(number) == text


def test_columns_cut_out_of_the_middle_keep_their_rows(regions: RegionTable) -> None:
    raw = pa.array(["junk", None, "13800138000", None, "02161234567", "x"] * 5)
    for start in range(12):
        part = raw.slice(start, 11)
        found = normalize_batch(part, trunk_area="", regions=regions)
        assert [row(found, at) for at in range(11)] == [
            normalize(text, trunk_area="", regions=regions) for text in part.to_pylist()
        ]
        assert found.number.null_count == found.number.to_pylist().count(None)


def test_text_beneath_a_null_is_not_read(regions: RegionTable) -> None:
    _, offsets, text = pa.array(["13800138000", "02161234567"]).buffers()
    raw = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x02"), offsets, text])
    assert raw.to_pylist() == [None, "02161234567"]
    found = normalize_batch(raw, trunk_area="", regions=regions)
    assert row(found, 0) == UNKNOWN
    assert row(found, 1).number == 862161234567


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_column_without_rows_or_without_text_is_taken(
    kind: pa.DataType, regions: RegionTable
) -> None:
    for raw in (pa.array([], kind), pa.nulls(3, kind), pa.array(["", ""], kind)):
        found = normalize_batch(raw, trunk_area="", regions=regions)
        assert [row(found, at) for at in range(len(raw))] == [UNKNOWN] * len(raw)
        found.number.validate(full=True)


@pytest.mark.parametrize(
    ("offsets", "damaged_row"), [([0, 12, 11], 0), ([0, 5, 3], 1), ([0, -1, 3], 0)]
)
def test_offsets_that_point_outside_the_text_are_refused(
    offsets: list[int], damaged_row: int, regions: RegionTable
) -> None:
    starts = pa.array(offsets, pa.int32()).buffers()[1]
    text = pa.py_buffer(b"13800138000")
    raw = pa.Array.from_buffers(pa.string(), 2, [None, starts, text])
    with pytest.raises(ValueError, match=f"the text of row {damaged_row} lies outside the column"):
        normalize_batch(raw, trunk_area="", regions=regions)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": 8}, "columns of one batch must have one length"),
        ({"is_known": 2}, "bitmaps must have a bit a row"),
        ({"validity": 1}, "the validity bitmap must have a bit a row"),
        ({"slots": 2}, "the regions must come from a RegionTable"),
    ],
)
def test_the_kernel_checks_what_it_is_given(change: dict[str, int], message: str) -> None:
    sizes = {
        "offsets": 12, "text": 1, "validity": 0, "slots": 2 * 701_000, "region_ids": 4,
        "number": 16, "kind": 2, "region_id": 8, "is_known": 1, "is_display": 1,
    } | change  # fmt: skip
    codes = dict(offsets="i", slots="H", region_ids="i", number="q", kind="b", region_id="i")
    views = {
        name: memoryview(bytearray(size)).cast(codes.get(name, "B")) for name, size in sizes.items()
    }
    with pytest.raises(ValueError, match=message):
        kernel.normalize_batch(**views, validity_start=7, trunk_area=0)


def test_the_kernels_codes_are_the_positions_of_the_kinds() -> None:
    assert [kind.name.lower() for kind in kernel.NumberKind] == list(NUMBER_KINDS[:-1])
    assert [kind.value for kind in kernel.NumberKind] == list(range(len(NUMBER_KINDS) - 1))


SERVICE_NUMBERS = [
    ("4008001234", "4008001234"),
    ("+86 400-800-1234", "4008001234"),
    ("864008001234", "4008001234"),
    ("95588", "95588"),
    ("+862161234567", "02161234567"),
    ("09991234567", "09991234567"),  # begins with 1: no landline, as dialled
    ("13800138000", "13800138000"),
    ("008613800138000", "13800138000"),
    ("0012125551234", "+12125551234"),
    ("voicemail", "voicemail"),
    (" park+700 ", "park+700"),
    ("&", "&"),
    ("1002", "1002"),
    ("7373512303", "7373512303"),
    ("客服", "客服"),
    ("", None),
    ("   ", None),
    (None, None),
]


@pytest.mark.parametrize(("raw", "text"), SERVICE_NUMBERS)
def test_a_dialled_number_is_named_as_the_register_names_it(
    raw: str | None, text: str | None
) -> None:
    assert service_number(raw) == text


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_column_of_dialled_numbers_is_named_as_one_by_one(kind: pa.DataType) -> None:
    raw = pa.array([raw for raw, _ in SERVICE_NUMBERS] * 2, kind)
    named = service_number_batch(raw.slice(1))
    assert named.type == pa.string()
    assert named.to_pylist() == ([text for _, text in SERVICE_NUMBERS] * 2)[1:]


def test_a_column_of_clean_dialled_numbers_is_given_back() -> None:
    assert service_number_batch(pa.array(["4008001234", "95588"])).to_pylist() == [
        "4008001234",
        "95588",
    ]
    assert service_number_batch(pa.array([], pa.string())).to_pylist() == []
