"""``cdrpipe demo``: everything once, on generated calls."""

from pathlib import Path

import click

from cdrpipe.cli.frame import Command, Flags, option
from cdrpipe.language import N_


@click.command(
    cls=Command,
    help=N_(
        "Everything once: a register and a month of calls are made up, sent through an embedded "
        "broker, rated and stored; then reconciliation, invoices and a report are shown."
    ),
)
@option(
    "--calls",
    type=click.IntRange(1),
    default=200_000,
    show_default=True,
    help_text=N_("How many records to make up."),
)
@option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-data"),
    show_default=True,
    help_text=N_("Folder for all that is made; replaced if an earlier demo made it."),
)
@option(
    "--seed",
    type=int,
    default=400,
    show_default=True,
    help_text=N_("The same seed makes the same calls."),
)
@click.pass_obj
def demo(_flags: Flags, *, calls: int, out: Path, seed: int) -> None:
    """Run the demonstration."""
    from cdrpipe.demo.run import run_demo

    run_demo(calls=calls, out=out, seed=seed)
