"""``cdrpipe number``: service numbers, who owns them when, and what they are bound to."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.register import import_into_register, list_register
from cdrpipe.cli.zone import display_tz_option
from cdrpipe.language import N_

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cdrpipe.register.merge import ImportResult

number = group("number", N_("Service numbers and who owns them: import, list."))


@number.command(
    "import", cls=Command, help=N_("Load service numbers and bound numbers from CSV, all or none.")
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_obj
def import_(flags: Flags, files: tuple[Path, ...]) -> None:
    """Import files of ownerships and bound numbers."""
    from cdrpipe.intake.region_data import load_region_table
    from cdrpipe.register.numbers import import_numbers

    regions = load_region_table(flags.config().region_overrides)
    known_area_codes = {area.area_code: area.region_id for area in regions.areas}

    def take(engine: "Engine", paths: Sequence[Path], now_us: int) -> "ImportResult":
        return import_numbers(engine, paths, now_us=now_us, known_area_codes=known_area_codes)

    import_into_register(flags, files, take)


@number.command("list", cls=Command, help=N_("List service numbers, or bound numbers."))
@option("--bound", is_flag=True, help_text=N_("The bound numbers instead."))
@display_tz_option()
@click.pass_obj
def list_(flags: Flags, *, bound: bool, tz: str) -> None:
    """List service numbers or bound numbers."""
    if bound:
        list_register(flags, "bound_number", tz=tz)
    else:
        list_register(flags, "service_number", tz=tz, without=("home_region_id",))
