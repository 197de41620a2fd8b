"""``cdrpipe rate versions | activate | abandon | diff``: rating versions and what they change."""

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from cdrpipe.cli.closed_pipe import despite_closed_pipe
from cdrpipe.cli.confirm import confirm, confirm_options
from cdrpipe.cli.failure import EXIT_DIFFERENCE, EXIT_DONE
from cdrpipe.cli.frame import Command, Flags, option
from cdrpipe.cli.output import emit_rows, emit_table, hint
from cdrpipe.cli.rating_difference import emit_differences, sum_line
from cdrpipe.cli.zone import display_tz_option
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.config import Config
    from cdrpipe.nightly.decide import Decision
    from cdrpipe.register.rating_versions import RatingVersion

# Versions are numbered from 1; the first is what the path itself rated.
_NUMBER = click.IntRange(1)


@click.command("versions", cls=Command, help=N_("List the rating versions and where they stand."))
@display_tz_option()
@click.pass_obj
def versions(flags: Flags, *, tz: str) -> None:
    """List the rating versions; the first rating has no row."""
    from cdrpipe.nightly.settle import status_shown
    from cdrpipe.register import open_existing_register
    from cdrpipe.register.rating_versions import rating_versions

    config = flags.config()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    zone = ZoneInfo(tz)
    rows = [_row(each, status_shown(config, each), zone) for each in rating_versions(register)]
    register.dispose()
    emit_rows(
        flags,
        rows,
        kind="rating_versions",
        columns=_COLUMNS,
        preferred=("rating_version", "status", "date_from", "date_until", "calls"),
        if_empty=_("no rating version beside the first"),
    )


@click.command("activate", cls=Command, help=N_("Put a rating version in force, for ever."))
@click.argument("version", type=_NUMBER)
@confirm_options()
@click.pass_obj
def activate(flags: Flags, version: int) -> None:
    """Show what changes, ask, and put a version in force."""
    from cdrpipe.nightly.decide import activate as put_in_force
    from cdrpipe.nightly.decide import weigh_activation

    config, now_us = flags.config(), time.time_ns() // 1000
    decision = weigh_activation(config, version, now_us=now_us)
    _show(flags, decision, kind="rate_activate")
    if confirm(flags, _("put rating version {number} in force?").format(number=version)):
        put_in_force(config, decision, now_us=now_us)
        hint(flags, _("rating version {number} is in force").format(number=version))


@click.command(
    "abandon", cls=Command, help=N_("Close a rating version for ever; it stays readable.")
)
@click.argument("version", type=_NUMBER)
@confirm_options()
@click.pass_obj
def abandon(flags: Flags, version: int) -> None:
    """Show what the version would have changed, ask, and close it."""
    from cdrpipe.nightly.decide import abandon as close_for_ever
    from cdrpipe.nightly.decide import weigh_abandonment

    config, now_us = flags.config(), time.time_ns() // 1000
    decision = weigh_abandonment(config, version, now_us=now_us)
    _show(flags, decision, kind="rate_abandon")
    if confirm(flags, _("close rating version {number} for ever?").format(number=version)):
        close_for_ever(config, decision, now_us=now_us)
        hint(flags, _("rating version {number} is abandoned").format(number=version))


@click.command(
    "diff", cls=Command, help=N_("Compare two rating versions; ends with 1 where they differ.")
)
@click.argument("old", type=_NUMBER)
@click.argument("new", type=_NUMBER)
@option("--calls", is_flag=True, help_text=N_("List the calls that differ, one by one."))
@click.pass_obj
def diff(flags: Flags, old: int, new: int, *, calls: bool) -> int:
    """Compare two versions over the calls that both have."""
    from cdrpipe.report.ask import open_answers
    from cdrpipe.report.rating_difference import different_calls, rating_differences

    config = flags.config()
    for number in (old, new):
        _check_readable(config, number)
    connection = open_answers(config)
    differences = rating_differences(connection, old=old, new=new)
    is_different = any(each.calls_different for each in differences)
    empty = _("rating versions {old} and {new} have no call in common").format(old=old, new=new)
    if calls:
        emit_table(
            flags,
            different_calls(connection, old=old, new=new),
            kind="rate_diff",
            preferred=("call_id", "account_id_new", "enterprise_old", "enterprise_new"),
        )
    else:
        emit_differences(flags, differences, kind="rate_diff", if_empty=empty)
    if differences:
        hint(flags, sum_line(differences))
    return EXIT_DIFFERENCE if is_different else EXIT_DONE


def _show(flags: Flags, decision: "Decision", *, kind: str) -> None:
    number = decision.version.rating_version
    with despite_closed_pipe():
        emit_differences(
            flags,
            decision.differences,
            kind=kind,
            if_empty=_("no call would change"),
            rating_version=number,
        )
    if decision.differences:
        hint(flags, sum_line(decision.differences))


def _check_readable(config: "Config", number: int) -> None:
    """Refuse a version that is none, or not whole yet."""
    from cdrpipe.errors import Refused
    from cdrpipe.register import open_existing_register
    from cdrpipe.register.rating_versions import FIRST_VERSION, find_version

    if number == FIRST_VERSION:
        return
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    version = find_version(register, number)
    register.dispose()
    if version.status == "writing":
        raise Refused(
            f"rating version {number} is not written to its end",
            code="RATING_VERSION_WRITING",
            hint="wait for its redo; one that was killed is settled by the next redo, "
            f"or by  cdrpipe rate abandon {number}",
        )


_COLUMNS = (
    "rating_version",
    "status",
    "date_from",
    "date_until",
    "account_id",
    "calls",
    "unpriced_calls",
    "register_revision",
    "begun_at",
    "decided_at",
)


def _row(version: "RatingVersion", status: str, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "rating_version": version.rating_version,
        "status": status,
        "date_from": version.date_from,
        "date_until": version.date_until,
        "account_id": version.account_id,
        "calls": version.calls,
        "unpriced_calls": version.unpriced_calls,
        "register_revision": version.register_revision,
        "begun_at": _instant(version.begun_at_us, zone),
        "decided_at": _instant(version.decided_at_us, zone),
    }


def _instant(instant_us: int | None, zone: ZoneInfo) -> datetime | None:
    if instant_us is None:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC).astimezone(zone) + timedelta(microseconds=instant_us)
