"""How far the daemon is: what it tells while it runs and when it ends."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

REPORT_EVERY_S = 0.2
RATE_WINDOW_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonProgress:
    """Where the daemon stands since its start.

    ``read``, ``in_hand`` and ``lag`` count messages; ``committed_rows``, ``outcomes`` and ``per_s``
    count CDRs that are in the lake. ``lag`` is what the broker has of our partitions and we have
    not read, as last heard.
    """

    read: int
    in_hand: int
    committed_rows: int
    commits: int
    outcomes: Mapping[str, int]
    per_s: int
    lag: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonResult:
    """What one life of the daemon did.

    ``dropped`` counts messages that came again or of partitions not owned, ``skipped_offsets`` the
    gaps between offsets, ``fenced`` the batches another writer had stored first.
    """

    read: int
    committed_rows: int
    commits: int
    outcomes: Mapping[str, int]
    dropped: int
    skipped_offsets: int
    fenced: int


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of what was committed, with the speed over the last RATE_WINDOW_S."""

    now_s: Callable[[], float]
    committed_rows: int = 0
    commits: int = 0
    fenced: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    _recent: deque[tuple[float, int]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Begin to measure now."""
        self._recent.append((self.now_s(), 0))

    def add(self, outcomes: Mapping[str, int]) -> None:
        """Count one commit."""
        self.outcomes.update(outcomes)
        self.committed_rows += sum(outcomes.values())
        self.commits += 1

    def per_s(self) -> int:
        """Give the CDRs committed a second over the window, the commits within it and the start."""
        now = self.now_s()
        while len(self._recent) > 1 and self._recent[1][0] <= now - RATE_WINDOW_S:
            self._recent.popleft()
        since, rows_then = self._recent[0]
        self._recent.append((now, self.committed_rows))
        return round((self.committed_rows - rows_then) / (now - since)) if now > since else 0
