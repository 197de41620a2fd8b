"""``cdrpipe tariff diff``: what two rate plans say differently."""

from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.failure import EXIT_DIFFERENCE, EXIT_DONE
from cdrpipe.cli.frame import Command, Flags
from cdrpipe.cli.output import emit_rows
from cdrpipe.errors import ConfigError
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.tariff.rate_plan import RatePlanVersion


@click.command(
    "diff",
    cls=Command,
    help=N_("Compare two plans: files, stored plans (PLAN) or versions of them (PLAN@VERSION)."),
)
@click.argument("old")
@click.argument("new")
@click.pass_obj
def diff(flags: Flags, old: str, new: str) -> int:
    """Compare two plans field by field; 1 where they differ."""
    from cdrpipe.tariff.difference import Difference, plan_differences

    found = plan_differences(_versions(flags, old), _versions(flags, new))
    emit_rows(
        flags,
        [asdict(each) for each in found],
        kind="tariff_diff",
        columns=[field.name for field in fields(Difference)],
        if_empty=_("both say the same"),
    )
    return EXIT_DIFFERENCE if found else EXIT_DONE


def _versions(flags: Flags, word: str) -> "tuple[RatePlanVersion, ...]":
    """Read a file, or what the register has of a plan or of one version of it, drafts too."""
    return _of_file(Path(word)) if Path(word).is_file() else _stored(flags, word)


def _of_file(path: Path) -> "tuple[RatePlanVersion, ...]":
    from cdrpipe.register.fault_list import FaultList, Place
    from cdrpipe.register.plans import read_deck_beside
    from cdrpipe.register.text_file import read_text
    from cdrpipe.tariff.rate_deck import parse_rate_plan

    faults = FaultList()
    text = read_text(path, Place(0, 0, str(path)), faults)
    faults.raise_if_any()
    assert text is not None
    return parse_rate_plan(text, file=str(path), read_deck=partial(read_deck_beside, path))


def _stored(flags: Flags, word: str) -> "tuple[RatePlanVersion, ...]":
    from cdrpipe.register.database import open_existing_register
    from cdrpipe.register.plans import versions_of_plan

    plan_id, at, number = word.rpartition("@")
    if not at or not number.isdecimal():
        plan_id, number = word, ""
    config = flags.config()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    versions = versions_of_plan(register, plan_id)
    register.dispose()
    chosen = tuple(each for each in versions if number in ("", str(each.version)))
    if not chosen:
        raise ConfigError(
            f"expected a file, a stored plan or PLAN@VERSION, got {word!r}",
            code="PLAN_UNKNOWN",
            hint="all stored ones:  cdrpipe tariff list",
        )
    return chosen
