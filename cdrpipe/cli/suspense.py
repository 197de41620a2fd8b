"""``cdrpipe suspense``: records held back, and why."""

import click

from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.output import emit_rows, emit_table
from cdrpipe.cli.period import FROM_HELP, MONTH_HELP, UNTIL_HELP, parse_period, today
from cdrpipe.language import N_, _

suspense = group("suspense", N_("CDRs held back, and why: list, reasons."))


@suspense.command("list", cls=Command, help=N_("Count the records held back, or list them."))
@option("--rows", is_flag=True, help_text=N_("One by one, not counted by reason."))
@option("--reason", metavar="NAME", help_text=N_("One by one, only those with this reason."))
@option("--month", metavar="YYYY-MM", help_text=MONTH_HELP)
@option("--from", "first", metavar="DAY", help_text=FROM_HELP)
@option("--to", "until", metavar="DAY", help_text=UNTIL_HELP)
@click.pass_obj
def list_(
    flags: Flags,
    *,
    rows: bool,
    reason: str | None,
    month: str | None,
    first: str | None,
    until: str | None,
) -> None:
    """Count by reason, or list one by one."""
    from cdrpipe.cdr.suspense import SuspenseReason
    from cdrpipe.report.ask import open_answers
    from cdrpipe.report.catalog import find_report, run_report

    if reason is not None and reason not in SuspenseReason.__members__:
        raise click.BadParameter(
            _("no reason {name}; all: cdrpipe suspense reasons").format(name=reason),
            param_hint="--reason",
        )
    one_by_one = rows or reason is not None
    date_from, date_until = parse_period(month=month, first=first, until=until, today=today())
    table = run_report(
        open_answers(flags.config()),
        find_report("suspended-records" if one_by_one else "suspense-by-reason"),
        date_from=date_from,
        date_until=date_until,
        parameters={"reason": reason} if reason else {},
    )
    if one_by_one:
        emit_table(flags, table, kind="suspended_records")
        return
    found = [SuspenseReason[name] for name in table["suspense_reason"].to_pylist()]
    counted = [
        {**row, "meaning": _(each.sentence)}
        for row, each in zip(table.to_pylist(), found, strict=True)
    ]
    emit_rows(
        flags,
        counted,
        kind="suspense",
        columns=[*table.schema.names, "meaning"],
        preferred=("suspense_reason", "records", "meaning"),
    )


@suspense.command("reasons", cls=Command, help=N_("List every reason there is."))
@click.pass_obj
def reasons(flags: Flags) -> None:
    """List the reasons in the order of their precedence."""
    from cdrpipe.cdr.suspense import SuspenseReason

    rows = [
        {"number": int(each), "suspense_reason": each.name, "meaning": _(each.sentence)}
        for each in SuspenseReason
    ]
    emit_rows(flags, rows, kind="suspense_reasons")
