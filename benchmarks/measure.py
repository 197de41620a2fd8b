"""Timing of whole runs, and how a figure is printed."""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

RUNS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Wall seconds of each run over ``rows`` rows; ``checksum`` is the same in each."""

    name: str
    rows: int
    seconds: tuple[float, ...]
    checksum: int

    @property
    def line(self) -> str:
        """Write min · median · max in rows a second."""
        slow, middle, fast = (
            self.rows / second
            for second in (
                max(self.seconds),
                statistics.median(self.seconds),
                min(self.seconds),
            )
        )
        return (
            f"{self.name:<40} {slow:>12,.0f} · {middle:>12,.0f} · {fast:>12,.0f} rows/s   "
            f"{len(self.seconds)} runs of {self.rows:,}   checksum {self.checksum}"
        )


def measure(
    name: str, run: Callable[[], int], *, rows: int, runs: int = RUNS, warm_up: int = 1
) -> Measured:
    """Run several times; each run gives a checksum of its result, and all must agree."""
    checksums = {run() for _ in range(warm_up)}
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        checksums.add(run())
        seconds.append(time.perf_counter() - begun)
    assert len(checksums) == 1, f"{name}: runs differ: {checksums}"
    return Measured(name=name, rows=rows, seconds=tuple(seconds), checksum=checksums.pop())


def machine() -> str:
    """Say what this was measured on."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}"
