"""``cdrpipe report``: questions with an answer ready."""

from typing import TYPE_CHECKING

import click

from cdrpipe.cli.failure import EXIT_DIFFERENCE, EXIT_DONE
from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.output import emit_rows, emit_table
from cdrpipe.cli.period import FROM_HELP, MONTH_HELP, UNTIL_HELP, parse_period, today
from cdrpipe.errors import ConfigError
from cdrpipe.language import N_, _, language

if TYPE_CHECKING:
    from cdrpipe.report.catalog import Report

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
    from cdrpipe.report.catalog import (
        find_report,
        has_difference,
        known_parameters,
        run_report,
    )

    try:
        found = find_report(name)
        parameters = known_parameters(found, _parameters(params, account))
    except ConfigError as error:
        raise click.UsageError(f"{error.message}; {error.hint}") from None
    date_from, date_until = parse_period(month=month, first=first, until=until, today=today())
    table = run_report(
        open_answers(flags.config()),
        found,
        date_from=date_from,
        date_until=date_until,
        parameters=parameters,
    )
    emit_table(
        flags, table, kind=found.name, preferred=_table_columns(found), bar_of=found.bar_column
    )
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


def _table_columns(found: "Report") -> list[str]:
    """Name the columns that matter most, provinces in the reader's language."""
    ending = "_zh" if language() == "zh" else "_en"
    return [name.replace("_*", ending) for name in found.table_columns]
