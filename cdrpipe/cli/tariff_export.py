"""``cdrpipe tariff export``: a stored plan and its decks as files again."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.closed_pipe import despite_closed_pipe
from cdrpipe.cli.confirm import confirm, confirm_options, only_looks
from cdrpipe.cli.frame import Command, Flags, option
from cdrpipe.cli.output import emit_rows
from cdrpipe.cli.tariff import stored_plan
from cdrpipe.errors import Unavailable
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.register.plan_text import PlanText

_UNFIT = re.compile(r"[/\\:]")


@click.command(
    "export", cls=Command, help=N_("Write a stored plan and its decks as files, as they came in.")
)
@click.argument("plan_id")
@option("--version", type=int, help_text=N_("This version's file; not given: all of the plan."))
@option(
    "--to",
    "folder",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help_text=N_("Folder for the files; made where there is none."),
)
@confirm_options()
@click.pass_obj
def export(flags: Flags, plan_id: str, version: int | None, folder: Path) -> None:
    """Export a plan; files that stand there with another content are overwritten on a yes."""
    texts, chosen = stored_plan(flags, plan_id, version)
    exported = texts if version is None else (chosen,)
    contents: dict[Path, str] = {}
    for each in exported:
        # Decks of several files of one plan may have one name.
        own = folder if len(exported) == 1 else folder / f"v{each.versions[0]}"
        contents |= {own / name: text for name, text in _files(each).items()}
    others = [path for path, text in contents.items() if path.exists() and not _holds(path, text)]
    with despite_closed_pipe():
        emit_rows(
            flags,
            [
                {"file": str(path), "bytes": len(text.encode()), "overwrites": path in others}
                for path, text in contents.items()
            ],
            kind="tariff_export",
        )
    question = _("overwrite {count} files in {folder}?").format(count=len(others), folder=folder)
    if not only_looks(flags) and (not others or confirm(flags, question)):
        _write(contents)


def _files(text: "PlanText") -> dict[str, str]:
    # An id may have what no file name may.
    name = _UNFIT.sub("-", text.plan_id) + ".toml"
    return {f"plan-{name}" if name in text.decks else name: text.text, **text.decks}


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _write(contents: dict[Path, str]) -> None:
    for path, text in contents.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        except OSError as error:
            raise Unavailable(
                f"expected to write a file, could not: {error.strerror}",
                code="FILE_UNWRITABLE",
                where=str(path),
                hint="files named before it were written",
            ) from error
