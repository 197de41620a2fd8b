"""What a failed command says and the code it ends with (docs/cli.md has the table)."""

import sys
import tempfile
import traceback

import click

from cdrpipe.errors import (
    CdrpipeError,
    ConfigError,
    CorruptLake,
    Fault,
    InputError,
    Refused,
    TariffError,
    Unavailable,
)
from cdrpipe.language import _

EXIT_DONE = 0
EXIT_DIFFERENCE = 1
EXIT_USAGE = 2
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
FAULTS_SHOWN_MAX = 20

_EXIT_CODES: dict[type[CdrpipeError], int] = {
    ConfigError: 3,
    TariffError: 3,
    InputError: 3,
    Unavailable: 4,
    Refused: 5,
    CorruptLake: 6,
}


def exit_code_of(error: CdrpipeError) -> int:
    """Give the exit code of an error; it says what a script may do next."""
    for kind in type(error).__mro__:
        if kind in _EXIT_CODES:
            return _EXIT_CODES[kind]
    return EXIT_INTERNAL


def failure_text(error: CdrpipeError, *, verbose: bool) -> str:
    """Say what was expected, what came, where, and what to do; at most 20 faults unless verbose."""
    what, *more_of_it = error.message.splitlines() or [""]
    lines = [_("error:") + f" {what}        [{error.code}]", *more_of_it]
    if error.where:
        lines.append("  " + _("where:") + f" {error.where}")
    shown = error.faults if verbose else error.faults[:FAULTS_SHOWN_MAX]
    lines += [_fault_line(fault) for fault in shown]
    if len(shown) < len(error.faults):
        more = len(error.faults) - len(shown)
        lines.append("  " + _("and {count} more; -v shows all").format(count=f"{more:,}"))
    if error.hint:
        lines.append("  " + _("hint:") + f"  {error.hint}")
    return "\n".join(lines)


def say_failure(error: CdrpipeError, *, verbose: bool, color: bool | None) -> int:
    """Print an error on stderr and give its exit code."""
    first, _newline, rest = failure_text(error, verbose=verbose).partition("\n")
    click.secho(first, err=True, fg="red", color=color)
    if rest:
        click.echo(rest, err=True, color=color)
    return exit_code_of(error)


def say_bug(command: str) -> int:
    """Save the trace of the exception being handled, say where, and give the exit code."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="cdrpipe-trace-", suffix=".txt", delete=False
    ) as file:
        file.write(f"command: {command}\n{traceback.format_exc()}")
    kind, what, _trace = sys.exc_info()
    assert kind is not None
    said = (str(what).strip().splitlines() or [""])[0]
    last = f"{kind.__name__}: {said}"
    click.echo(
        "\n".join(
            (
                _("error:")
                + " "
                + _("cdrpipe met a case it does not know: {what}").format(what=last)
                + "        [INTERNAL]",
                "  " + _("where:") + f" {file.name}",
                "  "
                + _("hint:")
                + "  "
                + _("please report it with this file; stored data is as after the last commit"),
            )
        ),
        err=True,
    )
    return EXIT_INTERNAL


def _fault_line(fault: Fault) -> str:
    place = f"{fault.where}: " if fault.where else ""
    hint = f" ({fault.hint})" if fault.hint else ""
    return f"  {place}{fault.message}{hint}"
