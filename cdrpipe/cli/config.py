"""``cdrpipe config``: what is set, by whom, and whether it is right."""

from dataclasses import asdict

import click

from cdrpipe.cli.frame import Command, Flags, group
from cdrpipe.cli.output import emit_rows, hint
from cdrpipe.language import N_, _

config = group("config", N_("Settings: show, check, path."))


@config.command("show", cls=Command, help=N_("List every setting, its origin and its meaning."))
@click.pass_obj
def show(flags: Flags) -> None:
    """List the settings in force; secrets are masked."""
    from cdrpipe.config import show_config

    shown = show_config(flags.config_file, assignments=flags.assignments)
    rows = [asdict(row) | {"meaning": _(row.meaning)} for row in shown]
    emit_rows(flags, rows, kind="settings", preferred=("setting", "value", "origin"))


@config.command("check", cls=Command, help=N_("Say whether all settings are right."))
@click.pass_obj
def check(flags: Flags) -> None:
    """Read the settings; every fault is reported with its place."""
    flags.config()
    hint(flags, _("all settings are right"))


@config.command("path", cls=Command, help=N_("Say which settings file is read."))
@click.pass_obj
def path(flags: Flags) -> None:
    """Print the file's path, or nothing where the defaults hold."""
    from cdrpipe.config import find_config_file

    found = find_config_file(flags.config_file)
    if found is None:
        hint(flags, _("no settings file; the defaults and the environment hold"))
    else:
        click.echo(found.absolute())
