"""``cdrpipe cdr``: files of call records."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.failure import EXIT_DIFFERENCE, EXIT_DONE
from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.output import emit_rows, form_of, hint
from cdrpipe.cli.progress import Progress
from cdrpipe.cli.zone import ZONE
from cdrpipe.errors import InputError
from cdrpipe.language import N_, _
from cdrpipe.report.words import OUTCOME_NAMES

if TYPE_CHECKING:
    from cdrpipe.intake.importer import FileResult

cdr = group("cdr", N_("CDR files: import, sniff."))


@cdr.command("import", cls=Command, help=N_("Rate the CDRs of files; a file is taken once."))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@option(
    "--source",
    help_text=N_("A source of the settings, or a format; not given: found by looking."),
)
@option("--tz", metavar="ZONE", type=ZONE, help_text=N_("Zone of stamps that carry none."))
@option("--trunk-area", metavar="CODE", help_text=N_("Area code of local numbers, e.g. 010."))
@option(
    "--suspended-max",
    type=click.IntRange(0),
    help_text=N_("End with 1 if more CDRs are suspended."),
)
@click.pass_obj
def import_(
    flags: Flags,
    files: tuple[Path, ...],
    *,
    source: str | None,
    tz: str | None,
    trunk_area: str | None,
    suspended_max: int | None,
) -> int:
    """Import files and say what became of their records."""
    from cdrpipe.intake.importer import import_files

    config = flags.config()
    begun_s = monotonic()
    with Progress(flags, "import") as progress:
        rows_of: dict[Path, int] = {}

        def on_progress(path: Path, rows: int) -> None:
            rows_of[path] = rows
            progress.show(sum(rows_of.values()), note=path.name)

        results = import_files(
            files,
            config=config,
            source=source,
            tz=tz,
            trunk_area=trunk_area,
            on_progress=on_progress,
        )
    counts = _sum_of_counts(results)
    is_read_by_people = form_of(flags) == "table" and not flags.columns
    row_of = _short_row if is_read_by_people else _row
    emit_rows(flags, [row_of(result) for result in results], kind="cdr_import")
    for result in results:
        if result.was_imported:
            hint(
                flags,
                _("{file}: imported before; nothing was changed").format(file=result.path),
            )
    hint(flags, end_line(counts, seconds=monotonic() - begun_s))
    allowed = config.suspended_max if suspended_max is None else suspended_max
    return EXIT_DIFFERENCE if allowed is not None and counts["suspended"] > allowed else EXIT_DONE


def end_line(counts: Mapping[str, int], *, seconds: float) -> str:
    """Sum a batch up in one line: what was read, what became of it, how long it took."""
    read = sum(counts.values())
    words = [_("read {count}").format(count=f"{read:,}")]
    words += [f"{_(word)} {counts.get(name, 0):,}" for name, word in OUTCOME_NAMES.items()]
    if counts.get("suspended"):
        words[-1] += " (cdrpipe suspense list)"
    words.append(f"{seconds:.1f} s")
    words.append(_("{count} CDR/s").format(count=_thousands(read / max(seconds, 0.001))))
    return " · ".join(words)


@cdr.command("sniff", cls=Command, help=N_("Say which format a file is in, and why."))
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def sniff_(flags: Flags, file: Path) -> None:
    """Look at a file's first bytes; nothing is stored."""
    from cdrpipe.intake.files import inspect_file
    from cdrpipe.mediation.formats import FORMATS
    from cdrpipe.mediation.sniff import sniff

    found = sniff(inspect_file(file).head, file.name)
    if found is None:
        raise InputError(
            "the format could not be told from the first bytes",
            code="FORMAT_UNKNOWN",
            where=str(file),
            hint="name it to cdr import with --source, one of: " + ", ".join(sorted(FORMATS)),
        )
    row = {
        "file": str(file),
        "format": found.format,
        "title": FORMATS[found.format].title,
        "evidence": found.evidence,
    }
    emit_rows(flags, [row], kind="cdr_sniff")


def _sum_of_counts(results: Sequence["FileResult"]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for result in results:
        counts.update(result.counts)
    return counts


def _row(result: "FileResult") -> dict[str, object]:
    return {
        "file": str(result.path),
        "format": result.format,
        "source": result.source,
        "read": result.read_count,
        **result.counts,
        "was_imported": result.was_imported,
        "seconds": f"{result.seconds:.3f}",
    }


def _short_row(result: "FileResult") -> dict[str, object]:
    return {
        "file": result.path.name,
        "format": result.format,
        "read": result.read_count,
        **result.counts,
    }


def _thousands(count: float) -> str:
    return f"{count / 1000:,.0f}k" if count >= 10_000 else f"{count:,.0f}"
