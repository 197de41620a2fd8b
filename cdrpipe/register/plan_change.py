"""Put a draft in force, and end a version: the only changes a stored plan version can see.

What a version says stays as it was imported; its row states when it is in force. A change is
planned first, so that a person can be shown what it does, and made only if nothing else has changed
meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, select

from cdrpipe.errors import ConfigError, Refused
from cdrpipe.register.database import reading, writing
from cdrpipe.register.merge import count_up_revision
from cdrpipe.register.plans import parse_stored
from cdrpipe.register.tables import rate_plan_version, subscription
from cdrpipe.tariff.rate_deck import instant_us_of
from cdrpipe.tariff.rate_plan import RatePlanVersion

ACTIVATE = "activate"
RETIRE = "retire"

_FOR_EVER_US = 2**63 - 1

_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """What activating or retiring one version does.

    Attributes
    ----------
    from_us, until_us
        When the version is in force after the change.
    changes_from_us
        From when on calls are priced differently.
    version_before, version_after
        What prices a call at that instant now, and what will; None: nothing, it is suspended.
    accounts, subscriptions
        How many are on the plan at that instant or later.
    """

    action: str  # activate | retire
    plan_id: str
    version: int
    name: str
    tz: str
    from_us: int
    until_us: int | None
    changes_from_us: int
    version_before: int | None
    version_after: int | None
    accounts: int
    subscriptions: int
    activation_fee_micros: int


def plan_activation(
    engine: Engine, *, plan_id: str, version: int, valid_from: date | None
) -> PlanChange:
    """Say what activating a draft does, from its own date on or from another one.

    Parameters
    ----------
    valid_from
        A date, in the plan's zone, or an instant with its offset; None: as the plan says.

    Raises
    ------
    ConfigError
        There is no such version.
    Refused
        It is no draft, or would end before it begins.
    """
    with reading(engine) as connection:
        return _activation(connection, plan_id, version, valid_from)


def plan_retirement(
    engine: Engine, *, plan_id: str, version: int, at: date, now_us: int
) -> PlanChange:
    """Say what ending a version does.

    Parameters
    ----------
    at
        The first day it is no longer in force, in the plan's zone, or an instant with its offset.

    Raises
    ------
    ConfigError
        There is no such version.
    Refused
        It is a draft, ends earlier already, would end before it begins; or it may have priced
        calls from then on.
    """
    with reading(engine) as connection:
        return _retirement(connection, plan_id, version, at, now_us)


def make_change(engine: Engine, change: PlanChange, *, now_us: int) -> int:
    """Make a planned change, and give the register's number after it.

    Raises
    ------
    Refused
        The plan or what is on it has changed since.
    """
    at_us = change.until_us if change.action == RETIRE else change.from_us
    with writing(engine) as connection:
        rows = _rows(connection, change.plan_id)
        _, version = _found(rows, change.plan_id, change.version)
        if _change(connection, rows, version, action=change.action, at_us=at_us) != change:
            raise Refused(
                f"expected plan {change.plan_id} as it was shown, it was changed meanwhile",
                code="PLAN_CHANGED_MEANWHILE",
                hint="nothing was changed; look again:  cdrpipe tariff list",
            )
        values: dict[str, object] = {
            "valid_from_us": change.from_us,
            "valid_until_us": change.until_us,
        }
        if change.action == ACTIVATE:
            values["activated_at_us"] = now_us
        table = rate_plan_version
        connection.execute(
            table.update()
            .where(table.c.plan_id == change.plan_id, table.c.version == change.version)
            .values(values)
        )
        return count_up_revision(connection, now_us=now_us)


def _activation(
    connection: Connection, plan_id: str, number: int, valid_from: date | None
) -> PlanChange:
    rows = _rows(connection, plan_id)
    row, version = _found(rows, plan_id, number)
    if row["activated_at_us"] is not None:
        raise Refused(
            f"expected a draft, plan {plan_id} version {number} is activated already",
            code="PLAN_ACTIVATED",
            hint="all:  cdrpipe tariff list",
        )
    from_us = version.valid_from_us
    if valid_from is not None:
        from_us = instant_us_of(valid_from, version.tz)
    if version.valid_until_us is not None and version.valid_until_us <= from_us:
        raise Refused(
            f"plan {plan_id} version {number} ends before it would begin",
            code="VALIDITY_WRONG",
            hint="name an earlier --from, or import the version with another end",
        )
    return _change(connection, rows, version, action=ACTIVATE, at_us=from_us)


def _retirement(
    connection: Connection, plan_id: str, number: int, at: date, now_us: int
) -> PlanChange:
    rows = _rows(connection, plan_id)
    row, version = _found(rows, plan_id, number)
    at_us = instant_us_of(at, version.tz)
    refusal = ""
    if row["activated_at_us"] is None:
        refusal = "is a draft, which prices no call"
    elif version.valid_until_us is not None and version.valid_until_us <= at_us:
        refusal = "ends no later already"
    elif at_us <= version.valid_from_us:
        refusal = "begins no earlier: it would never have been in force"
    if refusal:
        raise Refused(
            f"plan {plan_id} version {number} {refusal}",
            code="RETIREMENT_SENSELESS",
            hint="nothing was changed; all:  cdrpipe tariff list",
        )
    if at_us < now_us and _subscriptions(connection, plan_id, from_us=at_us, until_us=now_us):
        raise Refused(
            f"plan {plan_id} version {number} may have priced calls since then: "
            "what was in force does not change",
            code="PLAN_IN_USE",
            hint="end it tomorrow or later; to price the past otherwise import a new version with "
            "a higher number, and redo the period",
        )
    return _change(connection, rows, version, action=RETIRE, at_us=at_us)


def _change(
    connection: Connection,
    rows: Mapping[int, tuple[_Row, RatePlanVersion]],
    version: RatePlanVersion,
    *,
    action: str,
    at_us: int | None,
) -> PlanChange:
    assert at_us is not None
    is_activation = action == ACTIVATE
    until_us = version.valid_until_us if is_activation else at_us
    at_instant = [
        each.version
        for row, each in rows.values()
        if row["activated_at_us"] is not None
        and each.valid_from_us <= at_us < (each.valid_until_us or _FOR_EVER_US)
    ]
    others = [number for number in at_instant if number != version.version]
    after = [*others, version.version] if is_activation else others
    on_plan = _subscriptions(
        connection, version.plan_id, from_us=at_us, until_us=version.valid_until_us or _FOR_EVER_US
    )
    return PlanChange(
        action=action,
        plan_id=version.plan_id,
        version=version.version,
        name=version.name,
        tz=version.tz,
        from_us=at_us if is_activation else version.valid_from_us,
        until_us=until_us,
        changes_from_us=at_us,
        version_before=max(at_instant, default=None),
        version_after=max(after, default=None),
        accounts=len(set(on_plan)),
        subscriptions=len(on_plan),
        activation_fee_micros=version.activation_fee_micros,
    )


def _rows(connection: Connection, plan_id: str) -> dict[int, tuple[_Row, RatePlanVersion]]:
    table = rate_plan_version
    stored = connection.execute(select(table).where(table.c.plan_id == plan_id)).mappings()
    rows = [dict(row) for row in stored]
    versions = parse_stored(rows)
    return {row["version"]: (row, versions[plan_id, row["version"]]) for row in rows}


def _found(
    rows: Mapping[int, tuple[_Row, RatePlanVersion]], plan_id: str, number: int
) -> tuple[_Row, RatePlanVersion]:
    if number not in rows:
        known = ", ".join(str(each) for each in sorted(rows))
        raise ConfigError(
            f"expected a stored plan version, got {plan_id} version {number}",
            code="PLAN_UNKNOWN",
            hint=f"there are its versions {known}" if known else "all:  cdrpipe tariff list",
        )
    return rows[number]


def _subscriptions(
    connection: Connection, plan_id: str, *, from_us: int, until_us: int
) -> list[str]:
    """Give the account of every subscription to a plan within an interval."""
    columns = subscription.c
    found = connection.execute(
        select(columns.account_id).where(
            columns.plan_id == plan_id,
            columns.valid_from_us < until_us,
            columns.valid_until_us.is_(None) | (columns.valid_until_us > from_us),
        )
    )
    return [row.account_id for row in found]
