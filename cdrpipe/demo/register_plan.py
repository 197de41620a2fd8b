"""A believable register: enterprises, their 400 numbers, who answers, and what they bought.

Every interval begins and ends at midnight in Shanghai. Some numbers are released and resold in or
around the month, so that at every instant of it at least one number that was owned before is
nobody's; some accounts change their plan within the month.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from random import Random

from cdrpipe.demo.enterprise import invent_contact, invent_name
from cdrpipe.demo.places import CITIES, City, local_digits

ACCOUNTS_MIN = 10

# Prefixes of the numbers that are sold, by operator: Unicom, Mobile, Telecom.
SOLD_PREFIXES = ("4000", "4006", "4001", "4007", "4008", "4009")

# No number with this prefix is sold: a call to one is nobody's.
UNSOLD_PREFIX = "4005"

# What accounts buy (``plans/``), with how many of a hundred buy it.
PLAN_WEIGHTS = {
    "cloud-vendor": 20,
    "reseller-monthly-300": 18,
    "reseller-monthly-800": 10,
    "reseller-monthly-1500": 4,
    "reseller-pool-3000": 10,
    "reseller-annual-480": 10,
    "reseller-annual-1200": 6,
    "local-and-long-distance": 14,
    "caller-pays-part": 8,
}

# The published plans are in force since 2023.
_OPENED_DAYS_BEFORE = (40, 900)
_NUMBERS_PER_ACCOUNT = (1, 1, 1, 1, 1, 1, 1, 2, 2, 3)
_BRIDGED_SHARE = 0.3
_PER_NUMBER_SHARE = 0.06
_PLAN_CHANGE_SHARE = 0.1
_LANDLINE_SHARE = 0.6
_OTHER_CITY_SHARE = 0.2
_BOUND_NUMBERS_MAX = 6

# The smallest top-up at the opening, a class of the plan within the month, a gift of three months.
_FIRST_TOP_UP_YUAN = 600
_CLASS_TOP_UPS_YUAN = (1_200, 3_000, 10_000)
_GIFT_YUAN = 50
_PREPAID_PLANS = ("reseller-annual-480", "reseller-annual-1200")
_CLASS_PLAN = "reseller-annual-1200"
_POOL_PLAN = "reseller-pool-3000"
_GIFT_SHARE = 0.4
_RENEWAL_SHARE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An enterprise."""

    account_id: str
    name: str
    opened_on: date
    contact: str
    city: City


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipRow:
    """An account's hold on a number, [valid_from, valid_until), and who takes its calls."""

    service_number: str
    account_id: str
    valid_from: date
    valid_until: date | None
    bill_from: str
    home_area_code: str
    bound_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRow:
    """What an account bought; ``service_number`` None means all of its numbers."""

    subscription_id: str
    account_id: str
    plan_id: str
    service_number: str | None
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpRow:
    """What an account paid in (``top_up``), was given (``gift``), or bought as its plan's pool."""

    top_up_id: str
    account_id: str
    kind: str
    subscription_id: str | None
    yuan: int | None  # None: what the plan's pool says
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPlan:
    """A register for one month.

    ``reassigned`` gives the positions in ``ownerships`` of each number that changes hands: its
    first and its second owner's, by the part of the month in which the number is nobody's (of n
    numbers the k-th is nobody's during the k-th n-th of the month, and a day more at both ends).
    """

    month: str
    accounts: tuple[AccountRow, ...]
    ownerships: tuple[OwnershipRow, ...]
    subscriptions: tuple[SubscriptionRow, ...]
    top_ups: tuple[TopUpRow, ...]
    reassigned: tuple[tuple[int, int], ...]

    @property
    def month_first(self) -> date:
        """Give the month's first day."""
        return month_days(self.month)[0]


def month_days(month: str) -> tuple[date, date]:
    """Give a month's first day and the first of the next.

    >>> month_days("2026-12")
    (datetime.date(2026, 12, 1), datetime.date(2027, 1, 1))
    """
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1)


def plan_register(*, accounts: int, seed: int, month: str) -> RegisterPlan:
    """Invent a register.

    Parameters
    ----------
    accounts
        How many enterprises, at least ACCOUNTS_MIN.
    month
        ``YYYY-MM``, the month in which numbers change hands and plans change.
    """
    if accounts < ACCOUNTS_MIN:
        raise ValueError(f"a register has at least {ACCOUNTS_MIN} accounts, got {accounts}")
    random = Random(f"{seed}/register")  # noqa: S311 - invented data, no secrets
    first_day, _ = month_days(month)
    account_rows = tuple(_accounts(random, accounts, first_day))
    numbers = _unused_numbers(random)
    ownerships = [
        _ownership(random, account, next(numbers), valid_from=account.opened_on)
        for account in account_rows
        for _ in range(random.choice(_NUMBERS_PER_ACCOUNT))
    ]
    subscriptions, buyers = _subscriptions(random, account_rows, ownerships, month)
    reassigned = tuple(_reassign(random, ownerships, buyers, month))
    return RegisterPlan(
        month=month,
        accounts=account_rows,
        ownerships=tuple(ownerships),
        subscriptions=tuple(subscriptions),
        top_ups=tuple(_top_ups(seed, subscriptions, month)),
        reassigned=reassigned,
    )


def _accounts(random: Random, count_asked: int, first_day: date) -> Iterator[AccountRow]:
    names: set[str] = set()
    while len(names) < count_asked:
        city = random.choices(CITIES, weights=[city.weight for city in CITIES])[0]
        name = invent_name(random, city)
        if name in names:
            continue
        names.add(name)
        yield AccountRow(
            account_id=f"A{len(names):05d}",
            name=name,
            opened_on=first_day - timedelta(days=random.randint(*_OPENED_DAYS_BEFORE)),
            contact=invent_contact(random),
            city=city,
        )


def _unused_numbers(random: Random) -> Iterator[str]:
    used: set[str] = set()
    while True:
        number = f"{random.choice(SOLD_PREFIXES)}{random.randrange(1_000_000):06d}"
        if number not in used:
            used.add(number)
            yield number


def _ownership(
    random: Random, account: AccountRow, service_number: str, *, valid_from: date
) -> OwnershipRow:
    is_bridged = random.random() < _BRIDGED_SHARE
    phones = {_phone(random, account.city) for _ in range(random.randint(1, _BOUND_NUMBERS_MAX))}
    return OwnershipRow(
        service_number=service_number,
        account_id=account.account_id,
        valid_from=valid_from,
        valid_until=None,
        bill_from="bridged" if is_bridged else "answered",
        home_area_code=account.city.area_code,
        bound_numbers=tuple(sorted(phones)),
    )


def _phone(random: Random, home: City) -> str:
    city = random.choice(CITIES) if random.random() < _OTHER_CITY_SHARE else home
    if random.random() >= _LANDLINE_SHARE:
        return f"{city.mobile_prefix}{random.randrange(10_000):04d}"
    digits = local_digits(city.area_code)
    return f"{city.area_code}{random.randrange(2 * 10 ** (digits - 1), 9 * 10 ** (digits - 1))}"


def _subscriptions(
    random: Random,
    accounts: Sequence[AccountRow],
    ownerships: Sequence[OwnershipRow],
    month: str,
) -> tuple[list[SubscriptionRow], list[AccountRow]]:
    """Let each account buy; give the subscriptions and who has one for all numbers to come."""
    numbers: dict[str, list[str]] = {account.account_id: [] for account in accounts}
    for ownership in ownerships:
        numbers[ownership.account_id].append(ownership.service_number)
    ids = (f"S{number:06d}" for number in count(1))
    rows: list[SubscriptionRow] = []
    buyers: list[AccountRow] = []
    for account in accounts:
        own = numbers[account.account_id]
        if len(own) > 1 and random.random() < _PER_NUMBER_SHARE:
            rows += [_bought(random, ids, account, number) for number in own]
        else:
            bought = _bought(random, ids, account, None)
            buyers.append(account)
            # The first account changes its plan in any case, so that every register has one.
            is_changing = len(buyers) == 1 or random.random() < _PLAN_CHANGE_SHARE
            rows += _changed(random, ids, bought, month) if is_changing else [bought]
    return rows, buyers


def _bought(
    random: Random, ids: Iterator[str], account: AccountRow, service_number: str | None
) -> SubscriptionRow:
    return SubscriptionRow(
        subscription_id=next(ids),
        account_id=account.account_id,
        plan_id=random.choices(list(PLAN_WEIGHTS), weights=list(PLAN_WEIGHTS.values()))[0],
        service_number=service_number,
        valid_from=account.opened_on,
        valid_until=None,
    )


def _changed(
    random: Random, ids: Iterator[str], bought: SubscriptionRow, month: str
) -> list[SubscriptionRow]:
    day = month_days(month)[0] + timedelta(days=random.randint(7, 20))
    others = [plan_id for plan_id in PLAN_WEIGHTS if plan_id != bought.plan_id]
    return [
        replace(bought, valid_until=day),
        SubscriptionRow(
            subscription_id=next(ids),
            account_id=bought.account_id,
            plan_id=random.choice(others),
            service_number=None,
            valid_from=day,
            valid_until=None,
        ),
    ]


def _top_ups(seed: int, subscriptions: Sequence[SubscriptionRow], month: str) -> Iterator[TopUpRow]:
    """Let who bought a prepaid plan pay in, some of them again within the month."""
    random = Random(f"{seed}/top-ups")  # noqa: S311 - invented data, no secrets
    first_day, until_day = month_days(month)
    ids = (f"T{number:06d}" for number in count(1))

    def row(
        bought: SubscriptionRow,
        kind: str,
        yuan: int | None,
        valid_from: date,
        valid_until: date | None = None,
    ) -> TopUpRow:
        return TopUpRow(
            top_up_id=next(ids),
            account_id=bought.account_id,
            kind=kind,
            subscription_id=bought.subscription_id,
            yuan=yuan,
            valid_from=valid_from,
            valid_until=valid_until,
        )

    for bought in subscriptions:
        if bought.valid_until is not None:
            continue
        day = first_day + timedelta(days=random.randint(7, 20))
        if bought.plan_id == _POOL_PLAN:
            yield row(bought, "pool", None, bought.valid_from)
            if bought.valid_from < first_day and random.random() < _RENEWAL_SHARE:
                yield row(bought, "pool", None, day)
        elif bought.plan_id in _PREPAID_PLANS:
            yield row(bought, "top_up", _FIRST_TOP_UP_YUAN, bought.valid_from)
            if bought.plan_id == _CLASS_PLAN and bought.valid_from < first_day:
                yield row(bought, "top_up", random.choice(_CLASS_TOP_UPS_YUAN), day)
            if random.random() < _GIFT_SHARE:
                yield row(bought, "gift", _GIFT_YUAN, first_day, until_day + timedelta(days=61))


def _reassign(
    random: Random, ownerships: list[OwnershipRow], buyers: Sequence[AccountRow], month: str
) -> Iterator[tuple[int, int]]:
    """Let some numbers change hands; shortens and appends to ``ownerships``."""
    first_day, until_day = month_days(month)
    days = (until_day - first_day).days
    parts = reassigned_count(len(ownerships))
    for part, index in enumerate(random.sample(range(len(ownerships)), parts)):
        released_on = first_day + timedelta(days=part * days // parts - 1)
        resold_on = first_day + timedelta(days=-(-(part + 1) * days // parts) + 1)
        former = ownerships[index]
        ownerships[index] = replace(former, valid_until=released_on)
        buyer = random.choice([one for one in buyers if one.account_id != former.account_id])
        ownerships.append(_ownership(random, buyer, former.service_number, valid_from=resold_on))
        yield index, len(ownerships) - 1


def reassigned_count(numbers: int) -> int:
    """Say how many of so many numbers change hands: one in 25, at least 3, at most 10."""
    return max(3, min(10, numbers // 25))
