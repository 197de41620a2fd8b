"""Top-up files: what accounts paid in, were given, or bought as pools (``docs/register.md``).

A row stays as it was stored: it may have paid for calls. Blank cells of a pool are filled from the
pool of its subscription's plan.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from cdrpipe.billing.pool_period import period_end_us
from cdrpipe.guiding.ownership import NO_PLAN_VERSION, plan_version_index_at
from cdrpipe.guiding.top_up import TOP_UP_KINDS
from cdrpipe.money import MICROS_PER_CENT, MICROS_PER_YUAN, micros_of, yuan_of_cents
from cdrpipe.register import tables
from cdrpipe.register.cells import choice_reader, read_identifier, read_instant_us
from cdrpipe.register.fault_list import FaultList
from cdrpipe.register.master_file import Column, FileKind, MasterRow
from cdrpipe.register.merge import Merge, Values
from cdrpipe.register.snapshot import stored_plan_versions
from cdrpipe.tariff.rate_plan import RatePlanVersion
from cdrpipe.tariff.term_section import MINUTES_MAX

# The greatest enterprise's telephone bill of a decade is far below it; more is a slip.
TOP_UP_MICROS_MAX = 10**9 * MICROS_PER_YUAN

_MINUTE_MS = 60_000


def read_cents_micros(text: str) -> int:
    """Read an amount of money that can be paid: above 0, in whole cents."""
    micros = micros_of(text)
    if not 0 < micros <= TOP_UP_MICROS_MAX or micros % MICROS_PER_CENT:
        raise ValueError(f"expected yuan above 0 with at most two decimals, got {text!r}")
    return micros


def read_paid_micros(text: str) -> int:
    """Read what was paid: an amount as above, or 0, which a gift may say."""
    return 0 if micros_of(text) == 0 else read_cents_micros(text)


def read_minutes_ms(text: str) -> int:
    """Read whole minutes as milliseconds."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MINUTES_MAX):
        raise ValueError(f"expected whole minutes from 1 to {MINUTES_MAX}, got {text!r}")
    return int(text) * _MINUTE_MS


TOP_UP_FILE = FileKind(
    name="top-up",
    table=tables.top_up,
    columns=(
        Column(name="top_up_id", field="top_up_id", read=read_identifier, is_required=True),
        Column(name="account_id", field="account_id", read=read_identifier, is_required=True),
        Column(name="kind", field="kind", read=choice_reader(*TOP_UP_KINDS), is_required=True),
        Column(name="subscription_id", field="subscription_id", read=read_identifier),
        Column(name="paid", field="paid_micros", read=read_paid_micros),
        Column(name="granted", field="granted_micros", read=read_cents_micros),
        Column(name="granted_minutes", field="granted_ms", read=read_minutes_ms),
        Column(name="valid_from", field="valid_from_us", read=read_instant_us, is_required=True),
        Column(name="valid_until", field="valid_until_us", read=read_instant_us),
    ),
)


def settle_top_ups(
    connection: Connection, merge: Merge, subscriptions: Merge, faults: FaultList
) -> Merge:
    """Hold incoming top-ups against stored ones, plans and each other; fill what a plan says.

    Parameters
    ----------
    subscriptions
        Those stored and those of the same import.
    """
    if not merge.incoming:
        return merge
    plans = _Plans(
        subscriptions=tuple(subscriptions.merged().values()),
        versions=stored_plan_versions(connection),
    )
    incoming = {
        key: _as_stored(row, merge.stored[key], faults)
        if key in merge.stored
        else _completed(row, plans, faults)
        for key, row in merge.incoming.items()
    }
    return replace(merge, incoming=incoming)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plans:
    """Who subscribes to what, and what the plans say."""

    subscriptions: Sequence[Values]
    versions: Sequence[RatePlanVersion]

    def of(self, values: Values) -> Iterable[RatePlanVersion]:
        """Give the versions that a top-up is under: its subscription's, else all its account's."""
        at_us: Any = values["valid_from_us"]
        for each in self.subscriptions:
            until_us: Any = each["valid_until_us"]
            begins_us: Any = each["valid_from_us"]
            is_named = values["subscription_id"] in (None, each["subscription_id"])
            is_active = begins_us <= at_us and (until_us is None or at_us < until_us)
            if each["account_id"] == values["account_id"] and is_named and is_active:
                plan_id = str(each["plan_id"])
                index = plan_version_index_at(plan_id, at_us, enumerate(self.versions))
                if index != NO_PLAN_VERSION:
                    yield self.versions[index]

    def owner_of(self, subscription_id: object) -> object:
        """Give the account of a subscription, None where there is none such."""
        for each in self.subscriptions:
            if each["subscription_id"] == subscription_id:
                return each["account_id"]
        return None


def _as_stored(row: MasterRow, stored: Values, faults: FaultList) -> MasterRow:
    """Keep what is stored: a blank cell stands for what it was filled with."""
    changed = [name for name, value in row.values.items() if value not in (None, stored[name])]
    if changed:
        columns = [each.name for each in TOP_UP_FILE.columns if each.field in changed]
        faults.add(
            row.place,
            f"top-up {row.values['top_up_id']} is in the register with another "
            + " and ".join(columns),
            code="TOP_UP_CHANGED",
            hint="It may have paid for calls and stays as it is; a gift or top-up of its own mends "
            "what was too little.",
        )
    return replace(row, values=dict(stored))


def _completed(row: MasterRow, plans: _Plans, faults: FaultList) -> MasterRow:
    values = dict(row.values)
    owner = plans.owner_of(values["subscription_id"])
    if owner not in (None, values["account_id"]):
        faults.add(
            row.place,
            f"column subscription_id: expected one of account {values['account_id']}, "
            f"got {values['subscription_id']!r}, which is {owner}'s",
            code="SUBSCRIPTION_OF_OTHER_ACCOUNT",
        )
        return row
    versions = list(plans.of(values))
    if values["kind"] == "pool" and values["subscription_id"] is not None:
        _fill_from_pool(values, versions)
    elif values["kind"] == "top_up" and values["granted_ms"] is None:
        values["granted_micros"] = values["granted_micros"] or values["paid_micros"]
    elif values["kind"] == "gift":
        values["paid_micros"] = values["paid_micros"] or 0
    for message, code, hint in _faults_of(values, versions):
        faults.add(row.place, message, code=code, hint=hint)
    return replace(row, values=values)


def _fill_from_pool(values: dict[str, object], versions: Iterable[RatePlanVersion]) -> None:
    """Fill blank cells with the pool that the subscription's plan sells."""
    for pool in (version.pool for version in versions if version.pool):
        if values["paid_micros"] is None:
            values["paid_micros"] = pool.price_micros
        if values["granted_micros"] is None and values["granted_ms"] is None:
            values["granted_micros"], values["granted_ms"] = pool.granted_micros, pool.granted_ms
        if values["valid_until_us"] is None:
            begins_us = values["valid_from_us"]
            assert isinstance(begins_us, int)
            values["valid_until_us"] = period_end_us(begins_us, months=pool.valid_months)


def _faults_of(
    values: Values, versions: Iterable[RatePlanVersion]
) -> Iterable[tuple[str, str, str]]:
    """Say what a top-up lacks, or has too much of: message, code, hint."""
    kind, paid_micros = values["kind"], values["paid_micros"]
    if kind == "gift" and paid_micros:
        yield "column paid: expected a blank cell or 0, nobody pays for a gift", "GIFT_PAID", ""
    elif kind != "gift" and not paid_micros:
        yield f"column paid: expected what was paid for the {kind}", "CELL_BLANK", ""
    elif kind == "top_up":
        yield from _too_small(paid_micros, versions)
    if (values["granted_micros"] is None) == (values["granted_ms"] is None):
        yield "expected either granted or granted_minutes", "ONE_GRANT", _POOL_HINT
    if values["granted_ms"] is not None and values["subscription_id"] is None:
        yield (
            "column subscription_id: expected the subscription whose calls the minutes pay for",
            "CELL_BLANK",
            "",
        )
    if kind == "pool" and values["valid_until_us"] is None:
        yield "column valid_until: expected when the pool is void", "CELL_BLANK", _POOL_HINT


_POOL_HINT = "A pool takes both from its plan where it names a subscription whose plan sells one."


def _too_small(
    paid_micros: object, versions: Iterable[RatePlanVersion]
) -> Iterable[tuple[str, str, str]]:
    assert isinstance(paid_micros, int)
    for version in versions:
        terms, minimum = version.prepaid, version.minimum
        if terms is None:
            continue
        monthly_micros = minimum.monthly_micros if minimum else 0
        least_micros = max(terms.top_up_micros_min, terms.top_up_minimum_months * monthly_micros)
        if paid_micros < least_micros:
            yield (
                f"column paid: expected at least {_yuan(least_micros)} under plan "
                f"{version.plan_id} version {version.version}, got {_yuan(paid_micros)}",
                "TOP_UP_TOO_SMALL",
                f"The plan asks for {_yuan(terms.top_up_micros_min)} or more"
                + (
                    f", and for {terms.top_up_minimum_months} monthly minimums of "
                    f"{_yuan(monthly_micros)}."
                    if terms.top_up_minimum_months
                    else "."
                ),
            )


def _yuan(micros: int) -> str:
    return str(yuan_of_cents(-(-micros // MICROS_PER_CENT)))
