"""The calendar month that an invoice covers, in Asia/Shanghai whatever a tariff's zone is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cdrpipe.cdr.schema import BILLING_ZONE

BILLING_TZ = ZoneInfo(BILLING_ZONE)
_MICROS_PER_S = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BillCycle:
    """A month: ``date_from`` is its first day, ``date_until`` the first day of the next."""

    date_from: date
    date_until: date

    @property
    def month(self) -> str:
        """Name the month, as ``2026-10``."""
        return f"{self.date_from:%Y-%m}"

    @property
    def from_us(self) -> int:
        """Give the instant it begins."""
        return _midnight_us(self.date_from)

    @property
    def until_us(self) -> int:
        """Give the instant the next one begins."""
        return _midnight_us(self.date_until)

    @property
    def days(self) -> int:
        """Count its days."""
        return (self.date_until - self.date_from).days

    def days_from(self, at_us: int) -> int:
        """Count the days from an instant's day, itself included, to the month's end."""
        on = instant_of_us(at_us).date()
        return (self.date_until - max(on, self.date_from)).days


def bill_cycle(month: str) -> BillCycle:
    """Read a month.

    Raises
    ------
    ValueError
        The text is no month such as ``2026-10``.
    """
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=BILLING_TZ).date()
        following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    except ValueError:
        raise ValueError(f"expected a month such as 2026-10, got {month!r}") from None
    return BillCycle(date_from=first, date_until=following)


def instant_of_us(at_us: int) -> datetime:
    """Give an instant on the clock of Asia/Shanghai."""
    seconds, micros = divmod(at_us, _MICROS_PER_S)
    return datetime.fromtimestamp(seconds, BILLING_TZ).replace(microsecond=micros)


def bill_cycles(first_us: int, last: BillCycle) -> list[BillCycle]:
    """Give the months from an instant's on to a month, itself included, in order."""
    cycles = []
    cycle = bill_cycle(f"{instant_of_us(first_us):%Y-%m}")
    while cycle.date_from < last.date_from:
        cycles.append(cycle)
        cycle = bill_cycle(f"{cycle.date_until:%Y-%m}")
    return [*cycles, last]


def cycles_until(last: BillCycle, *, count: int) -> list[BillCycle]:
    """Give so many months in a row, the last of them last.

    >>> [cycle.month for cycle in cycles_until(bill_cycle("2026-01"), count=3)]
    ['2025-11', '2025-12', '2026-01']
    """
    cycles = [last]
    while len(cycles) < count:
        cycles.append(bill_cycle(f"{cycles[-1].date_from - timedelta(days=1):%Y-%m}"))
    return cycles[::-1]


def _midnight_us(day: date) -> int:
    midnight = datetime(day.year, day.month, day.day, tzinfo=BILLING_TZ)
    return int(midnight.timestamp()) * _MICROS_PER_S
