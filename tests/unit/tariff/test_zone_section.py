import pytest

from cdrpipe.errors import TariffError
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import Zone
from cdrpipe.tariff.zone_section import zones_share

HEAD = 'id = "p"\nvalid_from = 2026-01-01\n'
RATE = '[[rate]]\nparty = "enterprise"\nprice_per_minute = 1\nincrement = 60\n'


def zones_of(sections: str) -> tuple[Zone, ...]:
    [version] = parse_rate_plan(HEAD + sections + RATE, file="plan.toml")
    return version.zones


def faults_of(sections: str) -> list[tuple[str, str]]:
    with pytest.raises(TariffError) as caught:
        zones_of(sections)
    return [(fault.where, fault.message) for fault in caught.value.faults]


def test_a_zone_is_of_provinces_areas_and_prefixes() -> None:
    [zone] = zones_of(
        '[[zone]]\nname = "南方"\nprovinces = ["广东", "guangxi", 46]\n'
        'areas = ["0791", 350592]\nprefixes = ["852", "00"]\n'
    )
    assert zone == Zone(
        name="南方",
        provinces=(44, 45, 46),
        areas=(350592, 360791),
        prefixes=("00", "852"),
    )


def test_a_zone_that_is_faulty_is_told_with_its_line() -> None:
    assert faults_of(
        '[[zone]]\nname = "a"\nprovinces = ["Guangdon"]\n'
        '[[zone]]\nname = "a"\nareas = ["0791"]\n'
        '[[zone]]\nname = "c"\n[[zone]]\nprefixes = [""]\n'
    ) == [
        (
            "plan.toml:5",
            '`provinces`: expected a province such as 广东, Guangdong or 44, got "Guangdon"',
        ),
        ("plan.toml:7", 'the zone "a" is defined above too'),
        ("plan.toml:9", "a zone names `provinces`, `areas` or `prefixes`"),
        ("plan.toml:11", "`name` is missing"),
        (
            "plan.toml:12",
            '`prefixes`: expected prefixes in quotes such as "86755", at most 60 bytes each, '
            'got ""',
        ),
    ]


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ({"provinces": (44,)}, {"provinces": (45,)}, ""),
        ({"provinces": (44, 45)}, {"provinces": (45,)}, "region 45"),
        ({"provinces": (44,)}, {"areas": (440755,)}, "region 440755"),
        ({"areas": (440755,)}, {"areas": (440755, 440020)}, "region 440755"),
        ({"areas": (440755,)}, {"areas": (440020,)}, ""),
        ({"prefixes": ("86",)}, {"prefixes": ("86755", "1")}, "prefix 86755"),
        ({"prefixes": ("867",)}, {"prefixes": ("868",)}, ""),
        (
            {"prefixes": ("867",)},
            {"areas": (440020,)},
            "a call from a region of one to a prefix of the other",
        ),
    ],
)
def test_two_zones_share_a_call_or_not(one, other, share: str) -> None:
    zones = Zone(name="one", **one), Zone(name="other", **other)
    assert zones_share(*zones) == zones_share(*reversed(zones)) == share
