"""Ask before a command acts on money: ``--yes``, ``--dry-run``, a question on a terminal.

The command prints what it is about to do, then asks ``confirm``. So ``--dry-run`` shows the same
plan as the run that acts.
"""

import sys
from collections.abc import Callable
from typing import Any

import click

from cdrpipe.cli.frame import Flags, option
from cdrpipe.cli.output import hint
from cdrpipe.errors import Refused
from cdrpipe.language import N_, _

# Where click keeps the two options while a command runs.
_META = "cdrpipe.confirm"


def confirm_options() -> Callable[..., Any]:
    """Declare ``-y/--yes`` and ``-n/--dry-run``; ``confirm`` finds them by itself."""
    yes = option(
        "-y",
        "--yes",
        is_flag=True,
        expose_value=False,
        callback=_keep,
        help_text=N_("Do not ask; needed where there is no terminal to ask on."),
    )
    dry_run = option(
        "-n",
        "--dry-run",
        is_flag=True,
        expose_value=False,
        callback=_keep,
        help_text=N_("Show what would be done, and change nothing."),
    )
    return lambda command: yes(dry_run(command))


def confirm(flags: Flags, question: str) -> bool:
    """Ask whether to act; True to act, False under ``--dry-run``.

    Raises
    ------
    click.UsageError
        There is no terminal to ask on, and no ``--yes``.
    Refused
        The answer was no.
    """
    if only_looks(flags):
        return False
    if _said().get("yes"):
        return True
    if not sys.stdin.isatty():
        raise click.UsageError(
            _("there is no terminal to ask on: say --yes to go on, or --dry-run to look only")
        )
    if not click.confirm(question, err=True):
        raise Refused(
            "expected a yes, got a no",
            code="NOT_CONFIRMED",
            hint="nothing was changed",
        )
    return True


def only_looks(flags: Flags) -> bool:
    """Tell whether ``--dry-run`` was given; a person is told that nothing is changed."""
    if not _said().get("dry_run"):
        return False
    hint(flags, _("dry run: nothing was changed"))
    return True


def _said() -> dict[str, bool]:
    said: dict[str, bool] = click.get_current_context().meta.get(_META, {})
    return said


def _keep(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    assert param.name is not None
    ctx.meta.setdefault(_META, {})[param.name] = value
