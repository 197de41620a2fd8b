"""``cdrpipe version``."""

import platform
from importlib.metadata import version as version_of

import click

from cdrpipe.cli.frame import Command, Flags
from cdrpipe.cli.output import emit_rows
from cdrpipe.language import N_

_PARTS = ("cdrpipe", "confluent-kafka", "deltalake", "duckdb", "polars", "pyarrow", "sqlalchemy")


@click.command(cls=Command, help=N_("Show the versions of cdrpipe and what it rests on."))
@click.pass_obj
def version(flags: Flags) -> None:
    """List parts and their versions."""
    rows = [{"part": name, "version": version_of(name)} for name in _PARTS]
    rows.append({"part": "python", "version": platform.python_version()})
    emit_rows(flags, rows, kind="version")
