"""The frame of every command: lazy loading, translated help, and the flags understood everywhere.

A flag of every command may stand before or after the command's name. Help texts are marked with
``N_`` where they are written and translated where they are shown.
"""

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource
from click.exceptions import NoSuchCommand

from cdrpipe.language import LANGUAGES, N_, _

if TYPE_CHECKING:
    from cdrpipe.config import Config

OUTPUTS = ("table", "json", "ndjson", "csv")
PROGRESS_FORMS = ("auto", "plain", "json", "none")
COLORS = ("auto", "always", "never")
ENV_PREFIX = "CDRPIPE_"
# Where click keeps the flags while it parses.
META = "cdrpipe.flags"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The flags understood by every command, as given.

    ``output`` is None where the form follows from where the output goes: a table on a terminal,
    else CSV.
    """

    config_file: Path | None
    assignments: tuple[str, ...]
    output: str | None
    columns: tuple[str, ...]
    limit: int | None
    quiet: bool
    verbose: int
    progress: str
    color: str

    def config(self) -> "Config":
        """Read the settings; imported here because that costs more than all of ``--help``."""
        from cdrpipe.config import load_config

        return load_config(self.config_file, assignments=self.assignments)


class Option(click.Option):
    """An option whose help is translated and names its environment variable."""

    def __init__(self, *args: Any, **attributes: Any) -> None:  # noqa: ANN401 - click's own
        attributes.setdefault("show_envvar", True)
        super().__init__(*args, **attributes)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Give the names and the translated help."""
        marked, self.help = self.help, _(self.help) if self.help else None
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = marked


class _TranslatedHelp(click.Command):
    def get_short_help_str(self, limit: int = 45) -> str:
        return _(self.help) if self.help else ""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.help:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(_(self.help))


class Command(_TranslatedHelp):
    """A command that also takes the flags of every command and hands them over as ``Flags``."""

    def __init__(self, *args: Any, **attributes: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **attributes)
        taken = {name for param in self.params for name in param.opts}
        self.params.extend(
            option for option in shared_options(hidden=True) if not taken & set(option.opts)
        )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """End with where the other flags are explained."""
        formatter.write_paragraph()
        formatter.write_text(_("Flags of every command: cdrpipe --help"))

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Run with the flags gathered before and after the command's name."""
        ctx.obj = _flags_of(ctx)
        return super().invoke(ctx)


class Lazy(NamedTuple):
    """Where a command is defined (``module:name``) and what it does."""

    target: str
    help: str


class LazyGroup(click.Group, _TranslatedHelp):
    """A group whose commands are imported when they run, not to list them."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy] | None = None, **more: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **more)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which they were written."""
        return [*self.lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _colon, name = self.lazy[cmd_name].target.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command named, or name the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(
                error.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with one line each."""
        rows = [(name, _(lazy.help)) for name, lazy in self.lazy.items()]
        rows += [(name, command.get_short_help_str()) for name, command in self.commands.items()]
        with formatter.section(_("Commands")):
            formatter.write_dl(rows)


def group(name: str, help_text: str) -> LazyGroup:
    """Make a group of commands."""
    return LazyGroup(name, help=help_text)


def argument(*names: str, **attributes: Any) -> Callable[..., Any]:  # noqa: ANN401 - click's own
    """Declare an argument."""
    return click.argument(*names, **attributes)


def option(*names: str, help_text: str, **attributes: Any) -> Callable[..., Any]:  # noqa: ANN401
    """Declare an option; ``help_text`` is marked with ``N_``."""
    return click.option(*names, cls=Option, help=help_text, **attributes)


def wants_color(color: str) -> bool | None:
    """Say whether to colour; None: as the terminal suggests. NO_COLOR: https://no-color.org."""
    if color == "auto":
        return False if os.environ.get("NO_COLOR") else None
    return color == "always"


def shared_options(*, hidden: bool) -> list[Option]:
    """Make the flags that every command understands."""
    path = click.Path(path_type=Path)
    rows: list[tuple[tuple[str, ...], str, dict[str, Any]]] = [
        (("-c", "--config", "config_file"), N_("Settings file (TOML)."), {"type": path}),
        (
            ("--set", "assignments"),
            N_("One setting, e.g. --set kafka.flush_rows=5000; may be repeated."),
            {"metavar": "KEY=VALUE", "multiple": True},
        ),
        (
            ("-o", "--output"),
            N_("Form of the result; not given: a table on a terminal, else CSV."),
            {"type": click.Choice(OUTPUTS)},
        ),
        (("--json", "as_json"), N_("Short for --output json."), {"is_flag": True}),
        (("--columns",), N_("Only these columns, e.g. a,b,c."), {"metavar": "NAMES"}),
        (("--limit",), N_("At most this many rows."), {"type": click.IntRange(0)}),
        (("--lang",), N_("Language of the sentences."), {"type": click.Choice(LANGUAGES)}),
        (("-q", "--quiet"), N_("No progress and no hints."), {"is_flag": True}),
        (("-v", "--verbose"), N_("More words: every fault, not the first 20."), {"count": True}),
        (
            ("--progress",),
            N_("Progress on stderr; auto: a bar on a terminal, else none."),
            {"type": click.Choice(PROGRESS_FORMS), "default": "auto"},
        ),
        (
            ("--color",),
            N_("Colours; auto: on a terminal where NO_COLOR is not set."),
            {"type": click.Choice(COLORS), "default": "auto"},
        ),
    ]
    return [_shared(names, text, hidden=hidden, **more) for names, text, more in rows]


def _shared(names: tuple[str, ...], text: str, **attributes: Any) -> Option:  # noqa: ANN401
    long = next(name for name in names if name.startswith("--"))
    envvar = ENV_PREFIX + long.removeprefix("--").upper()
    return Option(
        names, help=text, envvar=envvar, expose_value=False, callback=_remember, **attributes
    )


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:  # noqa: ANN401
    """Keep a flag for the command: what stands on the line wins over the environment."""
    assert param.name is not None
    kept: dict[str, Any] = ctx.meta.setdefault(META, {})
    said = ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE
    if param.name == "assignments":
        kept[param.name] = (*kept.get(param.name, ()), *(value if said or not kept else ()))
    elif said or param.name not in kept:
        kept[param.name] = value


def _flags_of(ctx: click.Context) -> Flags:
    kept = dict(ctx.meta[META])
    columns = kept.pop("columns") or ""
    kept.pop("lang")  # spoken since before the first help text, see main()
    if kept.pop("as_json"):
        kept["output"] = "json"
    names = tuple(name.strip() for name in columns.split(",") if name.strip())
    return Flags(columns=names, **kept)
