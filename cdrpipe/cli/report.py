"""``cdrpipe report``: questions with an answer ready."""

import sys
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.failure import EXIT_DIFFERENCE, EXIT_DONE
from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.output import emit_rows, emit_table, form_of
from cdrpipe.cli.period import FROM_HELP, MONTH_HELP, UNTIL_HELP, parse_period, today
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    import pyarrow as pa

    from cdrpipe.report.catalog import Report

BAR_WIDTH = 30

report = group("report", N_("Questions with an answer ready: list, run."))


@report.command("list", cls=Command, help=N_("List the reports."))
@click.pass_obj
def list_(flags: Flags) -> None:
    """List the reports with their parameters."""
    from cdrpipe.report.catalog import REPORTS

    rows = [
        {"name": each.name, "title": _(each.title), "parameters": ",".join(each.parameters)}
        for each in REPORTS
    ]
    emit_rows(flags, rows, kind="reports")


@report.command(
    "run", cls=Command, help=N_("Answer a report; a check ends with 1 on a difference.")
)
@click.argument("name")
@option("--param", "params", metavar="KEY=VALUE", multiple=True, help_text=N_("A parameter."))
@option("--account", metavar="ID", help_text=N_("Short for --param account_id=ID."))
@option("--month", metavar="YYYY-MM", help_text=MONTH_HELP)
@option("--from", "first", metavar="DAY", help_text=FROM_HELP)
@option("--to", "until", metavar="DAY", help_text=UNTIL_HELP)
@click.pass_obj
def run(
    flags: Flags,
    name: str,
    *,
    params: tuple[str, ...],
    account: str | None,
    month: str | None,
    first: str | None,
    until: str | None,
) -> int:
    """Run a report over a period of billing dates."""
    from cdrpipe.report.ask import open_answers
    from cdrpipe.report.catalog import find_report, has_difference, run_report

    found = find_report(name)
    date_from, date_until = parse_period(month=month, first=first, until=until, today=today())
    table = run_report(
        open_answers(flags.config()),
        found,
        date_from=date_from,
        date_until=date_until,
        parameters=_parameters(params, account),
    )
    emit_table(flags, _with_bars(flags, found, table), kind=found.name)
    return EXIT_DIFFERENCE if has_difference(found, table) else EXIT_DONE


def _parameters(params: tuple[str, ...], account: str | None) -> dict[str, str]:
    given = {} if account is None else {"account_id": account}
    for param in params:
        key, equals, value = param.partition("=")
        if not equals:
            raise click.BadParameter(
                _("expected key=value, got {text}").format(text=param), param_hint="--param"
            )
        given[key] = value
    return given


def _with_bars(flags: Flags, found: "Report", table: "pa.Table") -> "pa.Table":
    """Add a column of bars where a person looks at a terminal."""
    if found.bar_column is None or form_of(flags) != "table" or not sys.stdout.isatty():
        return table
    from cdrpipe.report.bars import bars

    values = table.column(found.bar_column).to_pylist()
    return table.append_column("", [bars(values, width=BAR_WIDTH)])
