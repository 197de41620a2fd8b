"""The command ``cdrpipe``: what it can do, and how each run ends."""

import os
import signal
import sys
from collections.abc import Sequence
from itertools import takewhile
from types import FrameType
from typing import NoReturn

import click

from cdrpipe.cli.closed_pipe import silence_stdout
from cdrpipe.cli.failure import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_TERMINATED,
    say_bug,
    say_failure,
)
from cdrpipe.cli.frame import ENV_PREFIX, META, Lazy, LazyGroup, shared_options, wants_color
from cdrpipe.errors import CdrpipeError
from cdrpipe.language import LANGUAGES, N_, language_of, use_language

_COMMANDS = {
    "demo": Lazy("cdrpipe.cli.demo:demo", N_("Everything once, on generated calls.")),
    "run": Lazy("cdrpipe.cli.run:run", N_("Rate CDRs from Kafka, until told to stop.")),
    "cdr": Lazy("cdrpipe.cli.cdr:cdr", N_("CDR files: import, sniff.")),
    "rate": Lazy("cdrpipe.cli.rate:rate", N_("What calls cost: explain, re-rate, compare.")),
    "advise": Lazy("cdrpipe.cli.advise:advise", N_("Which plan an account should buy.")),
    "suspense": Lazy("cdrpipe.cli.suspense:suspense", N_("CDRs held back, and why.")),
    "account": Lazy("cdrpipe.cli.account:account", N_("Who pays: import, list.")),
    "number": Lazy("cdrpipe.cli.number:number", N_("Service numbers and who owns them.")),
    "tariff": Lazy("cdrpipe.cli.tariff:tariff", N_("Rate plans: import, check, compare.")),
    "calendar": Lazy(
        "cdrpipe.cli.calendar:calendar", N_("Holidays and adjusted workdays: list, show, check.")
    ),
    "invoice": Lazy("cdrpipe.cli.invoice:invoice", N_("What an account owes for a month.")),
    "report": Lazy("cdrpipe.cli.report:report", N_("Questions with an answer ready: list, run.")),
    "sql": Lazy("cdrpipe.cli.sql:sql", N_("Any question, read-only, in SQL.")),
    "config": Lazy("cdrpipe.cli.config:config", N_("Settings: show, check, path.")),
    "version": Lazy("cdrpipe.cli.version:version", N_("Versions of cdrpipe and what it rests on.")),
}

root = LazyGroup(
    "cdrpipe",
    help=N_("Rate and bill the call detail records of 400 numbers."),
    lazy=_COMMANDS,
    params=list(shared_options(hidden=False)),
    context_settings={
        "auto_envvar_prefix": ENV_PREFIX.rstrip("_"),
        "help_option_names": ["-h", "--help"],
        "max_content_width": 110,
    },
)


class _Terminated(BaseException):
    """SIGTERM came; unwinds like Ctrl-C so that what is open is closed."""


def main() -> NoReturn:
    """Run the command line of this process and end it with the exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run_line(sys.argv[1:]))


def run_line(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code."""
    use_language(_language_asked(arguments) or language_of(os.environ))
    if f"_{ENV_PREFIX}COMPLETE" in os.environ:
        root.main(args=list(arguments), prog_name="cdrpipe")
    try:
        with root.make_context("cdrpipe", list(arguments)) as ctx:
            return _invoke(ctx)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED
    except _Terminated:
        return EXIT_TERMINATED
    except Exception:  # noqa: BLE001 - the edge of the program: the trace is saved, the code is 70
        # Words from the first option on may hold secrets.
        return say_bug(" ".join(takewhile(lambda word: not word.startswith("-"), arguments)))


def _invoke(ctx: click.Context) -> int:
    try:
        result = root.invoke(ctx)
        sys.stdout.flush()
    except CdrpipeError as error:
        flags = ctx.meta[META]
        return say_failure(error, verbose=flags["verbose"] > 0, color=wants_color(flags["color"]))
    except BrokenPipeError:
        silence_stdout()
        return EXIT_DONE
    return result if isinstance(result, int) else EXIT_DONE


def _language_asked(arguments: Sequence[str]) -> str | None:
    """Find ``--lang`` before click parses: help texts are shown while it does."""
    for index, word in enumerate(arguments):
        asked = word.partition("=")[2] if word.startswith("--lang=") else ""
        if word == "--lang" and index + 1 < len(arguments):
            asked = arguments[index + 1]
        if asked in LANGUAGES:
            return asked
    return None


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated
