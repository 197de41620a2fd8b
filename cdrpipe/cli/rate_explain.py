"""``cdrpipe rate explain``: why a call costs what it costs."""

from typing import TYPE_CHECKING

import click

from cdrpipe.cli.frame import Command, Flags, option
from cdrpipe.cli.output import console, emit_document, emit_rows, form_of, hint
from cdrpipe.cli.zone import display_tz_option
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.report.explain_call import ExplainedCall


@click.command(cls=Command, help=N_("Show why a call costs what it costs, to the micro."))
@click.argument("call")
@option("--source", metavar="NAME", help_text=N_("Only the records of this source."))
@option("--leg", metavar="LEG", help_text=N_("Only this leg."))
@option("--part", type=click.IntRange(0), help_text=N_("Only this part of a long call."))
@display_tz_option()
@click.pass_obj
def explain(
    flags: Flags, *, call: str, source: str | None, leg: str | None, part: int | None, tz: str
) -> None:
    """Explain every record of a call id."""
    from cdrpipe.intake.calendar_data import load_calendars
    from cdrpipe.register.database import open_existing_register
    from cdrpipe.register.snapshot import load_snapshot
    from cdrpipe.report.ask import open_answers
    from cdrpipe.report.explain_call import explain_records

    config = flags.config()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    snapshot = load_snapshot(register)
    register.dispose()
    explained = explain_records(
        open_answers(config, tz=tz),
        snapshot,
        load_calendars(config.calendar_files),
        call_id=call,
        source=source,
        leg=leg,
        partial_no=part,
    )
    _emit(flags, explained, tz)
    if explained.left_out:
        hint(
            flags,
            _("{count} more records; narrow by --source, --leg or --part").format(
                count=explained.left_out
            ),
        )
    if not all(record.agrees for record in explained.records):
        hint(flags, _("stored charges differ from what plan and calendar make now"))


def _emit(flags: Flags, explained: "ExplainedCall", tz: str) -> None:
    from cdrpipe.report.explain_document import SEGMENT_COLUMNS, call_document, segment_rows

    form = form_of(flags)
    if form == "json":
        emit_document(call_document(explained, tz=tz))
    elif form == "table":
        _print_sheets(flags, explained, tz)
    else:
        emit_rows(
            flags,
            segment_rows(explained, tz=tz),
            kind="rate_explain",
            columns=SEGMENT_COLUMNS,
            if_empty=_("no segments; what became of the call:  -o table"),
        )


def _print_sheets(flags: Flags, explained: "ExplainedCall", tz: str) -> None:
    from cdrpipe.report.explain_sheet import explain_sheet

    screen = console(flags)
    for record in explained.records[: flags.limit]:
        screen.print(explain_sheet(record, tz=tz), crop=False)
        screen.print()
