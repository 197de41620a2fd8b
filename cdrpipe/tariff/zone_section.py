"""The ``[[zone]]`` sections of a rate plan: named sets of regions or prefixes priced alike."""

from cdrpipe.numbering.region import province_code
from cdrpipe.tariff.prefix_book import PREFIX_BYTES_MAX, is_prefix_fit
from cdrpipe.tariff.rate_plan import Zone
from cdrpipe.tariff.region_word import read_areas, read_provinces
from cdrpipe.tariff.toml_table import TomlTable


def read_zones(version: TomlTable) -> dict[str, Zone | None]:
    """Read all zones of a version by name; None stands for a faulty one, so that it is known."""
    zones: dict[str, Zone | None] = {}
    for section in version.tables("zone"):
        section.require("name")
        name = section.text("name")
        if name in zones:
            section.fault("name", f'the zone "{name}" is defined above too', code="NAME_TWICE")
        zone = _read_zone(section, name or "")
        if name is not None:
            zones[name] = zone
    return zones


def zones_share(one: Zone, other: Zone) -> str:
    """Say what call can be in both zones; empty where none can.

    A zone of regions and one of prefixes share the calls from such a region to such a number.
    """
    if (one.prefixes and (other.provinces or other.areas)) or (
        other.prefixes and (one.provinces or one.areas)
    ):
        return "a call from a region of one to a prefix of the other"
    areas = set(one.areas) & set(other.areas)
    areas |= {area for area in one.areas if province_code(area) in other.provinces}
    areas |= {area for area in other.areas if province_code(area) in one.provinces}
    provinces = set(one.provinces) & set(other.provinces)
    if provinces or areas:
        return f"region {min(provinces or areas)}"
    prefixes = _covered(one, other) | _covered(other, one)
    return f"prefix {min(prefixes)}" if prefixes else ""


def _read_zone(section: TomlTable, name: str) -> Zone | None:
    """Read one zone, or note what is wrong with it and give None."""
    faults_before = len(section.faults)
    zone = Zone(
        name=name,
        provinces=read_provinces(section, "provinces"),
        areas=read_areas(section, "areas"),
        prefixes=_read_prefixes(section),
    )
    section.refuse_unknown()
    if not any(key in section for key in ("provinces", "areas", "prefixes")):
        message = "a zone names `provinces`, `areas` or `prefixes`"
        section.fault(None, message, code="KEY_MISSING")
    return None if len(section.faults) > faults_before else zone


def _covered(one: Zone, other: Zone) -> set[str]:
    """Find the prefixes of a zone that begin with one of the other's, or are one."""
    known = frozenset(other.prefixes)
    return {
        prefix
        for prefix in one.prefixes
        if any(prefix[:length] in known for length in range(1, len(prefix) + 1))
    }


def _read_prefixes(section: TomlTable) -> tuple[str, ...]:
    prefixes = set()
    for value in section.list_of("prefixes") or ():
        if isinstance(value, str) and value.strip() and is_prefix_fit(value.strip()):
            prefixes.add(value.strip())
        else:
            expected = f'prefixes in quotes such as "86755", at most {PREFIX_BYTES_MAX} bytes each'
            section.wrong("prefixes", expected, value)
    return tuple(sorted(prefixes))
