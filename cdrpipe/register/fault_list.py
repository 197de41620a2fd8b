"""Faults of an import: all of all files, in file order, before anything is stored."""

from dataclasses import dataclass, field

from cdrpipe.errors import Fault, TariffError


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of one of the files handed in; line 0 stands for the file as a whole."""

    file_index: int
    line: int
    file: str

    def __str__(self) -> str:
        """Write the place as people read it."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(slots=True)
class FaultList:
    """What is wrong so far; grows until ``raise_if_any``."""

    _faults: list[tuple[Place, Fault]] = field(default_factory=list)

    def add(self, place: Place, message: str, *, code: str, hint: str = "") -> None:
        """Note one fault."""
        self._faults.append((place, Fault(message, code=code, where=str(place), hint=hint)))

    def take_over(self, place: Place, error: TariffError) -> None:
        """Note what another reader found in the file; its faults keep their own places."""
        own = (Fault(error.message, code=error.code, where=error.where, hint=error.hint),)
        self._faults.extend((place, fault) for fault in error.faults or own)

    def raise_if_any(self) -> None:
        """Raise all faults as one error, in file order.

        Raises
        ------
        TariffError
            There is at least one fault.
        """
        if not self._faults:
            return
        in_order = sorted(self._faults, key=lambda placed: placed[0])
        first = in_order[0][1]
        count = len(in_order)
        files = len({place.file for place, _ in in_order})
        raise TariffError(
            f"{count} {'fault' if count == 1 else 'faults'} in "
            f"{files} {'file' if files == 1 else 'files'}",
            faults=tuple(fault for _, fault in in_order),
            where=first.where,
            hint="Nothing was stored. Mend the files and import them again, all together.",
        )
