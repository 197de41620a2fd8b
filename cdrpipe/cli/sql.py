"""``cdrpipe sql``: any question, read-only."""

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.failure import say_failure
from cdrpipe.cli.frame import Command, Flags, option, wants_color
from cdrpipe.cli.output import emit_table, hint
from cdrpipe.cli.zone import display_tz_option
from cdrpipe.errors import CdrpipeError, InputError
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    import duckdb


@click.command(
    cls=Command,
    help=N_("Answer one SQL statement over calls and register, read-only (DuckDB's SQL)."),
)
@click.argument("query", required=False)
@option(
    "-f", "--file", type=click.Path(path_type=Path), help_text=N_("Read the statement from a file.")
)
@display_tz_option()
@click.pass_obj
def sql(flags: Flags, query: str | None, file: Path | None, tz: str) -> None:
    """Run the statement given, of a file or of stdin; on a terminal, prompt for more."""
    if query is not None and file is not None:
        raise click.UsageError(_("give the statement or a file, not both"))
    from cdrpipe.report.ask import open_answers

    # DuckDB hears of Ctrl-C between its own steps at best. A question changes nothing, so Ctrl-C
    # may end the process at once, as it ends one that does not look at it (130 to a shell).
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    prompts = query is None and file is None and sys.stdin.isatty()
    statement = "" if prompts else _statement_of(query, file)
    connection = open_answers(flags.config(), tz=tz)
    if prompts:
        _prompt(flags, connection)
    else:
        _answer(flags, connection, statement)


def _statement_of(query: str | None, file: Path | None) -> str:
    if file is not None:
        return _text_of(file)
    statement = sys.stdin.read() if query is None else query
    if not statement.strip():
        raise click.UsageError(_("expected a statement, got nothing"))
    return statement


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"the file cannot be read: {(error.strerror or str(error)).lower()}", where=str(file)
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"expected SQL in UTF-8, got another byte at {error.start + 1}", where=str(file)
        ) from error


def _answer(flags: Flags, connection: "duckdb.DuckDBPyConnection", statement: str) -> None:
    from cdrpipe.lake.query import run_statement

    emit_table(flags, run_statement(connection, statement), kind="sql")


def _prompt(flags: Flags, connection: "duckdb.DuckDBPyConnection") -> None:
    """Read statements, each ended by a semicolon, until .quit or the end of input."""
    _load_line_editing()
    hint(flags, _("end a statement with ; · .tables · .schema NAME · .quit"))
    lines: list[str] = []
    while True:
        try:
            line = _line("cdrpipe> " if not lines else "    ...> ")
        except EOFError:
            click.echo()
            return
        except KeyboardInterrupt:
            click.echo()
            lines = []
            continue
        if not lines and line.strip() in (".quit", ".exit"):
            return
        lines.append(_spelled_out(line) if not lines else line)
        if lines[-1].rstrip().endswith(";"):
            _answer_or_say(flags, connection, "\n".join(lines))
            lines = []
        elif not "".join(lines).strip():
            lines = []


def _line(prompt: str) -> str:
    """Read a line; Ctrl-C gives up what was typed, not the prompt."""
    ends_at_once = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(prompt)
    finally:
        signal.signal(signal.SIGINT, ends_at_once)


def _answer_or_say(flags: Flags, connection: "duckdb.DuckDBPyConnection", statement: str) -> None:
    try:
        _answer(flags, connection, statement)
    except CdrpipeError as error:
        say_failure(error, verbose=flags.verbose > 0, color=wants_color(flags.color))


def _spelled_out(line: str) -> str:
    """Turn a dot command into the statement it stands for; other lines stay as they are."""
    word, _space, name = line.strip().partition(" ")
    if word == ".tables":
        return "SELECT name FROM (SHOW TABLES) ORDER BY name;"
    if word == ".schema":
        return f"DESCRIBE {name};"
    return line


def _load_line_editing() -> None:
    try:
        import readline  # noqa: F401 - importing it gives input() history and editing
    except ImportError:  # a Python built without it
        return
