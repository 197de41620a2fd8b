"""Who owned a number when, by which subscription, and the plain rule of guiding.

All intervals are half-open, ``[valid_from_us, valid_until_us)``, in UTC microseconds: a number that
one account releases and another takes over at the same instant belongs to the second from exactly
that microsecond on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cdrpipe.guiding.top_up import NO_TOP_UP, TopUp, highest_top_up_micros

BILL_FROM = ("answered", "bridged")

# plan_version_index where no plan version is in force.
NO_PLAN_VERSION = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """One account's hold on one service number over one interval.

    ``bill_from`` names the instant the enterprise's clock starts at: the platform's answer
    (``answered``, menu mode) or a person's (``bridged``, ring-tone mode).
    ``bridged_is_answered_for`` names the sources that cannot state the bridge and for which the
    platform's answer is taken instead. ``home_region_id`` is 0 where the number has no home.
    """

    service_number: str
    account_id: str
    valid_from_us: int
    valid_until_us: int | None
    bill_from: str
    bridged_is_answered_for: tuple[str, ...]
    home_region_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What an account bought; ``service_number`` None means all of the account's numbers."""

    subscription_id: str
    account_id: str
    plan_id: str
    service_number: str | None
    valid_from_us: int
    valid_until_us: int | None


class Interval(Protocol):
    """Anything that holds from an instant until another; None means without end."""

    @property
    def valid_from_us(self) -> int:
        """First instant at which it holds."""

    @property
    def valid_until_us(self) -> int | None:
        """First instant at which it no longer holds."""


class PlanVersion(Interval, Protocol):
    """What guiding needs of a rate plan version; ``tariff/rate_plan.py`` has the whole."""

    @property
    def plan_id(self) -> str:
        """Plan it is a version of."""

    @property
    def version(self) -> int:
        """Number of the version within its plan."""

    @property
    def top_up_class_micros(self) -> int | None:
        """Top-up that its prices begin at; None for the version's own prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Whose a call is; ``plan_version_index`` is a position in the plan versions handed in."""

    account_id: str
    subscription_id: str | None
    plan_version_index: int
    home_region_id: int


def is_in_force_at(interval: Interval, at_us: int) -> bool:
    """Say whether an interval holds at an instant; its end is outside."""
    until_us = interval.valid_until_us
    return interval.valid_from_us <= at_us and (until_us is None or at_us < until_us)


def guide(
    service_number: str,
    at_us: int,
    *,
    ownerships: Iterable[Ownership],
    subscriptions: Iterable[Subscription],
    plan_versions: Sequence[PlanVersion],
    top_ups: Iterable[TopUp] = (),
) -> Payer | None:
    """Find the account, subscription and plan version of one call.

    1. The owner is the account that holds the number at the instant; without one it is nobody's.
    2. Of the owner's subscriptions in force, one that names the number beats one for all numbers.
    3. Of the plan's versions in force the highest is taken: a later version replaces the earlier
       ones for the time it is in force, and nothing before or after.
    4. Where a version stands with the prices of several prepaid classes, that of the highest class
       is taken which the owner's highest single top-up so far reaches.

    Parameters
    ----------
    service_number
        As the register writes it: display form, or the text as dialled.
    at_us
        Billing start.

    Returns
    -------
    None where nobody owned the number then.
    """
    owner = owner_at(service_number, at_us, ownerships)
    if owner is None:
        return None
    subscription = subscription_at(owner, at_us, subscriptions)
    if subscription is None:
        index = NO_PLAN_VERSION
    else:
        index = plan_version_index_at(
            subscription.plan_id,
            at_us,
            enumerate(plan_versions),
            top_up_micros=highest_top_up_micros(owner.account_id, at_us, top_ups),
        )
    return Payer(
        account_id=owner.account_id,
        subscription_id=subscription.subscription_id if subscription else None,
        plan_version_index=index,
        home_region_id=owner.home_region_id,
    )


def owner_at(service_number: str, at_us: int, ownerships: Iterable[Ownership]) -> Ownership | None:
    """Find who holds a number at an instant; the register lets no two hold it at once."""
    for ownership in ownerships:
        if ownership.service_number == service_number and is_in_force_at(ownership, at_us):
            return ownership
    return None


def subscription_at(
    owner: Ownership, at_us: int, subscriptions: Iterable[Subscription]
) -> Subscription | None:
    """Find the owner's subscription for a number at an instant: by number, else for all."""
    for_all = None
    for subscription in subscriptions:
        if subscription.account_id != owner.account_id or not is_in_force_at(subscription, at_us):
            continue
        if subscription.service_number == owner.service_number:
            return subscription
        if subscription.service_number is None:
            for_all = subscription
    return for_all


def plan_version_index_at(
    plan_id: str,
    at_us: int,
    indexed_versions: Iterable[tuple[int, PlanVersion]],
    *,
    top_up_micros: int = NO_TOP_UP,
) -> int:
    """Find the highest version of a plan in force at an instant, else NO_PLAN_VERSION.

    Of that version it is the highest prepaid class that a top-up reaches.
    """
    highest, found = (-1, NO_TOP_UP), NO_PLAN_VERSION
    for index, version in indexed_versions:
        class_micros = version.top_up_class_micros
        rank = version.version, NO_TOP_UP if class_micros is None else class_micros
        if (
            version.plan_id == plan_id
            and rank > highest
            and rank[1] <= top_up_micros
            and is_in_force_at(version, at_us)
        ):
            highest, found = rank, index
    return found
