"""One version under a check: what is right of it, and where each part of it stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from cdrpipe.tariff.finding import FindingList, Place
from cdrpipe.tariff.rate_deck import ReadVersion
from cdrpipe.tariff.rate_plan import Band, Rate, RatePlanVersion, Zone


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckScope:
    """A version with its places, and the list that findings go to."""

    read: ReadVersion
    findings: FindingList
    bands: Mapping[str, Band]  # the right ones, by name
    zones: Mapping[str, Zone]

    @property
    def version(self) -> RatePlanVersion:
        """Give what is right of the version."""
        return self.read.version

    @property
    def left_out(self) -> tuple[Rate, ...]:
        """Give what could be read of faulty rates; party "" where not even that."""
        return tuple(self.read.rates.left_out)

    def rate_place(self, index: int) -> Place:
        """Give the place of one of the version's rates."""
        return Place(*self.read.rates.place_of(index))

    def step_place(self, index: int, step: int) -> Place:
        """Give the place of a step of a rate; of a rate in one line, of the rate."""
        place = self.rate_place(index)
        section = self.read.section
        if place.file == section.faults.file:
            for position, rate in enumerate(section.tables("rate")):
                if rate.line_of() == place.line:
                    return self.place("rate", position, "step", step)
        return place

    def section_place(self, kind: str, name: str) -> Place:
        """Give the place of the ``[[kind]]`` section of this name."""
        for position, section in enumerate(self.read.section.tables(kind)):
            if section.text("name") == name:
                return self.place(kind, position)
        raise AssertionError(f"there is no {kind} {name}")

    def place(self, *path: str | int) -> Place:
        """Give the place of what stands at a path below the version."""
        return Place(self.read.section.faults.file, self.read.section.line_of(*path))


def scope_of(read: ReadVersion, findings: FindingList) -> CheckScope:
    """Take up a version that was read."""
    return CheckScope(
        read=read,
        findings=findings,
        bands={band.name: band for band in read.version.bands},
        zones={zone.name: zone for zone in read.version.zones},
    )
