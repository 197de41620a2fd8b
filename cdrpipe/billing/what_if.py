"""A month under another tariff: who would be on it, and what would differ, account by account.

Owns the register as it would be and the comparison. Calls are priced by ``rating/rerate.py``,
invoices made by ``invoice.py``, both as ever.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cdrpipe.billing.bill_cycle import BillCycle
from cdrpipe.billing.invoice import Invoice
from cdrpipe.errors import ConfigError, Refused
from cdrpipe.guiding.ownership import Subscription
from cdrpipe.tariff.rate_plan import Rate, RatePlanVersion

# Reasons told of each account.
TOP_REASONS = 3

# Before and after every call.
ALWAYS_US = -(2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTariff:
    """Versions of one plan that stand in for those of the register.

    ``name`` is what the operator called it: a file, a plan, a plan's version.
    """

    name: str
    versions: tuple[RatePlanVersion, ...]

    @property
    def plan_id(self) -> str:
        """Give the plan that the versions are of."""
        return self.versions[0].plan_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTerms:
    """The subscriptions and plan versions of a register under other tariffs."""

    subscriptions: tuple[Subscription, ...]
    plan_versions: tuple[RatePlanVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedBy:
    """What a call was priced by; ``rate`` is None where no version at hand has one of that id."""

    plan_id: str
    plan_version: int
    rate_id: str
    rate: Rate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallGroup:
    """Calls of an account that are alike in all that explains their price.

    ``zone`` and ``band`` are those of the price they have; ``after`` is None where the other tariff
    has no price for them: then ``reason`` names why, and ``after_micros`` is 0.
    """

    account_id: str
    relation: str
    zone: str
    band: str
    before: PricedBy
    after: PricedBy | None
    reason: str
    calls: int
    calls_changed: int
    before_micros: int
    after_micros: int

    @property
    def difference_micros(self) -> int:
        """Give what the calls would cost more; negative: less."""
        return self.after_micros - self.before_micros


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDifference:
    """An account's month as it is, and as it would be.

    ``usage_…`` sums the calls' own charges, to the micro; ``invoice_…`` is the whole invoice: fees,
    included time and minimums too. ``unpriced`` counts the calls without a price, by reason.
    ``reasons`` are the groups whose cost differs most, the greatest first.
    """

    account_id: str
    account_name: str
    calls: int
    calls_changed: int
    usage_before_micros: int
    usage_after_micros: int
    invoice_before_cents: int
    invoice_after_cents: int
    unpriced: Mapping[str, int]
    reasons: tuple[CallGroup, ...]

    @property
    def usage_difference_micros(self) -> int:
        """Give what the calls would cost more; negative: less."""
        return self.usage_after_micros - self.usage_before_micros

    @property
    def invoice_difference_cents(self) -> int:
        """Give what the account would owe more; negative: less."""
        return self.invoice_after_cents - self.invoice_before_cents

    @property
    def unpriced_calls(self) -> int:
        """Count the calls that would have no price."""
        return sum(self.unpriced.values())


def in_force_always(version: RatePlanVersion) -> RatePlanVersion:
    """Give a version as if it were in force at every instant, whatever its dates."""
    return replace(version, valid_from_us=ALWAYS_US, valid_until_us=None)


def under_other_tariffs(
    tariffs: Sequence[OtherTariff],
    *,
    subscriptions: Iterable[Subscription],
    plan_versions: Iterable[RatePlanVersion],
    cycle: BillCycle,
    account_id: str | None,
    every_plan: bool,
) -> OtherTerms:
    """Let tariffs stand in for the register's, for one account or for all.

    1. A tariff's versions stand in for those of the same plan, where any chosen account is
       subscribed to it in the month.
    2. A tariff of another plan, or one of which it is said, stands in for every plan of the chosen
       accounts, alone.

    Parameters
    ----------
    account_id
        None: all accounts are chosen.
    every_plan
        Say 2 of the tariff.

    Raises
    ------
    ConfigError
        Two tariffs are of one plan, or one of 2 is not alone.
    Refused
        A tariff of another plan for all accounts, and 2 is not said of it.
    """
    chosen = [each for each in subscriptions if account_id in (None, each.account_id)]
    bought = {each.plan_id for each in chosen if _is_active(each, cycle)}
    plan_ids = [tariff.plan_id for tariff in tariffs]
    _refuse_twice(plan_ids)
    others = [tariff for tariff in tariffs if every_plan or tariff.plan_id not in bought]
    if others:
        _refuse_company(others[0], tariffs)
        if not (every_plan or account_id):
            _refuse_all_accounts(others[0], cycle)
        chosen = _on_one_plan(chosen, others[0].plan_id)
    kept = [version for version in plan_versions if version.plan_id not in plan_ids]
    in_place = [version for tariff in tariffs for version in tariff.versions]
    return OtherTerms(subscriptions=tuple(chosen), plan_versions=(*kept, *in_place))


def compare_accounts(
    groups: Iterable[CallGroup],
    *,
    before: Iterable[Invoice],
    after: Iterable[Invoice],
    account_names: Mapping[str, str],
) -> list[MonthDifference]:
    """Set what accounts owe beside what they would owe: the greatest difference first.

    Parameters
    ----------
    groups
        The calls of the month.
    before, after
        The invoices of the month as it is, and under the other tariffs.

    Notes
    -----
    Σ differences = Σ after - Σ before, of usage to the micro and of invoices to the cent.
    """
    groups_of: dict[str, list[CallGroup]] = defaultdict(list)
    for group in groups:
        groups_of[group.account_id].append(group)
    before_cents = {invoice.account_id: invoice.total_cents for invoice in before}
    after_cents = {invoice.account_id: invoice.total_cents for invoice in after}
    differences = [
        _difference(
            account_id,
            groups_of[account_id],
            account_name=account_names.get(account_id, ""),
            before_cents=before_cents.get(account_id, 0),
            after_cents=after_cents.get(account_id, 0),
        )
        for account_id in {*groups_of, *before_cents, *after_cents}
    ]
    return sorted(
        differences,
        key=lambda each: (
            -abs(each.invoice_difference_cents),
            -abs(each.usage_difference_micros),
            each.account_id,
        ),
    )


def _difference(
    account_id: str,
    groups: Sequence[CallGroup],
    *,
    account_name: str,
    before_cents: int,
    after_cents: int,
) -> MonthDifference:
    unpriced: dict[str, int] = defaultdict(int)
    for group in groups:
        if group.after is None:
            unpriced[group.reason] += group.calls
    differing = [group for group in groups if group.difference_micros]
    differing.sort(key=lambda group: (-abs(group.difference_micros), _key(group)))
    return MonthDifference(
        account_id=account_id,
        account_name=account_name,
        calls=sum(group.calls for group in groups),
        calls_changed=sum(group.calls_changed for group in groups),
        usage_before_micros=sum(group.before_micros for group in groups),
        usage_after_micros=sum(group.after_micros for group in groups),
        invoice_before_cents=before_cents,
        invoice_after_cents=after_cents,
        unpriced=dict(sorted(unpriced.items())),
        reasons=tuple(differing[:TOP_REASONS]),
    )


def _key(group: CallGroup) -> tuple[str | int, ...]:
    before = group.before
    return (
        group.relation,
        group.zone,
        group.band,
        before.plan_id,
        before.plan_version,
        before.rate_id,
    )


def _refuse_twice(plan_ids: Sequence[str]) -> None:
    for plan_id in plan_ids:
        if plan_ids.count(plan_id) > 1:
            raise ConfigError(
                f"expected one tariff a plan, got {plan_ids.count(plan_id)} of {plan_id}",
                code="TARIFF_TWICE",
                where="--tariff",
                hint="compare them one after the other",
            )


def _refuse_company(other: OtherTariff, tariffs: Sequence[OtherTariff]) -> None:
    if len(tariffs) > 1:
        raise ConfigError(
            f"expected one tariff that stands in for every plan, got {len(tariffs)}",
            code="TARIFF_NOT_ALONE",
            where=other.name,
            hint="several stand in each for its own plan, which must be subscribed to in the month",
        )


def _refuse_all_accounts(tariff: OtherTariff, cycle: BillCycle) -> None:
    raise Refused(
        f"expected a plan that is subscribed to in {cycle.month}, got {tariff.plan_id}",
        code="TARIFF_OF_NOBODY",
        where=tariff.name,
        hint=(
            "it would stand in for every plan of every account: say so with --every-plan, or "
            "choose one account with --account"
        ),
    )


def _on_one_plan(subscriptions: Iterable[Subscription], plan_id: str) -> list[Subscription]:
    """Put every subscription on a plan; a change of plan is none then, and begins no second one."""
    joined: list[Subscription] = []
    last: dict[tuple[str, str | None], int] = {}
    for subscription in sorted(subscriptions, key=lambda each: each.valid_from_us):
        key = (subscription.account_id, subscription.service_number)
        previous = joined[last[key]] if key in last else None
        if previous is not None and previous.valid_until_us == subscription.valid_from_us:
            joined[last[key]] = replace(previous, valid_until_us=subscription.valid_until_us)
        else:
            last[key] = len(joined)
            joined.append(replace(subscription, plan_id=plan_id))
    return joined


def _is_active(subscription: Subscription, cycle: BillCycle) -> bool:
    until_us = subscription.valid_until_us
    return subscription.valid_from_us < cycle.until_us and (
        until_us is None or until_us > cycle.from_us
    )
