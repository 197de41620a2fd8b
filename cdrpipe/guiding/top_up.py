"""Money and minutes that an account has before its calls, and the class that paying in earns.

The class of an account at an instant is that of its highest single top-up so far: a function of
the instant, never of when a call or a top-up arrived (domain §1).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

TOP_UP_KINDS = ("top_up", "gift", "pool")

# Below every class: nothing was paid in yet.
NO_TOP_UP = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """What an account paid in, was given, or bought as a pool; it grants yuan or minutes.

    ``subscription_id`` names whose calls minutes pay for, and the plan that a pool is of; yuan pay
    the account's invoice whatever they name. ``valid_until_us`` None means never void.
    """

    top_up_id: str
    account_id: str
    kind: str  # one of TOP_UP_KINDS
    subscription_id: str | None
    paid_micros: int
    granted_micros: int | None  # exactly one of the two grants is given
    granted_ms: int | None
    valid_from_us: int
    valid_until_us: int | None


def highest_top_up_micros(account_id: str, at_us: int, top_ups: Iterable[TopUp]) -> int:
    """Find the highest single amount that an account paid in up to an instant, else NO_TOP_UP.

    A gift was not paid and earns nothing; what is void by then was paid all the same.
    """
    return max(
        (
            top_up.paid_micros
            for top_up in top_ups
            if top_up.account_id == account_id
            and top_up.kind != "gift"
            and top_up.valid_from_us <= at_us
        ),
        default=NO_TOP_UP,
    )


def top_up_rises(top_ups: Iterable[TopUp]) -> Mapping[str, Sequence[TopUp]]:
    """Give, by account and in order of time, the top-ups that were higher than all before them."""
    rises: dict[str, list[TopUp]] = defaultdict(list)
    paid = (top_up for top_up in top_ups if top_up.kind != "gift")
    for top_up in sorted(paid, key=lambda each: (each.valid_from_us, -each.paid_micros)):
        known = rises[top_up.account_id]
        if not known or known[-1].paid_micros < top_up.paid_micros:
            known.append(top_up)
    return rises
