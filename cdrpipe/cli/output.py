"""Results on stdout: a table for people, CSV, JSON or one JSON object a line for programs.

Rows come as dictionaries or as Arrow. Money stays text or integers in JSON: no float ever holds it.
"""

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from cdrpipe.cli.frame import Flags, wants_color
from cdrpipe.language import _

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = 1
# A terminal is read, not scrolled: beyond this, --limit or a pipe says that more is wanted.
TABLE_ROWS_MAX = 1000
# A drawn table that goes to no terminal, where COLUMNS does not say otherwise.
WIDTH_OF_PIPES = 160

Row = Mapping[str, Any]


def form_of(flags: Flags) -> str:
    """Choose the form: as asked, else a table on a terminal, else CSV."""
    return flags.output or ("table" if sys.stdout.isatty() else "csv")


def emit_table(
    flags: Flags,
    table: "pa.Table | pa.RecordBatchReader",
    *,
    kind: str,
    preferred: Sequence[str] = (),
    bar_of: str | None = None,
) -> None:
    """Print an Arrow table or stream; batches are printed as they come."""
    batches = table.to_batches() if hasattr(table, "to_batches") else table
    rows = (row for batch in batches for row in batch.to_pylist())
    emit_rows(
        flags, rows, kind=kind, columns=table.schema.names, preferred=preferred, bar_of=bar_of
    )


def emit_rows(
    flags: Flags,
    rows: Iterable[Row],
    *,
    kind: str,
    columns: Sequence[str] | None = None,
    preferred: Sequence[str] = (),
    bar_of: str | None = None,
    if_empty: str = "",
) -> None:
    """Print rows in the form asked for; that there are none is said on stderr.

    Parameters
    ----------
    kind
        What the result is called in JSON.
    columns
        Their names in order; None: those of the first row.
    preferred
        The columns of a drawn table that would not fit with all of them.
    bar_of
        The column of which a drawn table shows bars.
    if_empty
        What to say where there are no rows.
    """
    if columns is None:
        rows = list(rows)
        columns = list(rows[0]) if rows else []
    columns = _chosen(flags.columns, columns)
    form = form_of(flags)
    if form == "table":
        count = _draw(flags, columns, rows, preferred=preferred, bar_of=bar_of)
    else:
        count = _write(form, kind, columns, islice(rows, flags.limit))
    if not count and flags.limit != 0:
        hint(flags, if_empty or _("no rows"))


def emit_document(document: Mapping[str, Any]) -> None:
    """Print one JSON document with its schema_version."""
    sys.stdout.write(_json({"schema_version": SCHEMA_VERSION, **document}) + "\n")


def hint(flags: Flags, text: str) -> None:
    """Say something beside the result, on stderr; silent under -q."""
    if not flags.quiet:
        click.echo(text, err=True)


def cell(value: object) -> str:
    """Write one value as text: instants in ISO 8601, amounts in plain digits, null as nothing.

    >>> cell(Decimal("0.120000")), cell(None), cell(True)
    ('0.120000', '', 'true')
    """
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case Decimal():
            text = format(value, "f")
        case datetime() | date():
            text = value.isoformat()
        case bytes():
            text = value.decode("utf-8", errors="backslashreplace")
        case list() | tuple() | dict():
            text = _json(value)
        case _:
            text = str(value)
    return text


def _json(value: object) -> str:
    return json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"), default=cell)


def _finite(value: object) -> object:
    """Give null for what JSON has no number for: infinity, and what is not a number."""
    match value:
        case float():
            return value if isfinite(value) else None
        case dict():
            return {key: _finite(each) for key, each in value.items()}
        case list() | tuple():
            return [_finite(each) for each in value]
        case _:
            return value


def _chosen(asked: Sequence[str], known: Sequence[str]) -> list[str]:
    unknown = [name for name in asked if name not in known]
    if unknown and known:
        raise click.BadParameter(
            _("no column {name}; there are: {known}").format(
                name=unknown[0], known=", ".join(known)
            ),
            param_hint="--columns",
        )
    return list(asked or known)


def _picked(row: Row, columns: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in columns}


def _write(form: str, kind: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write rows for programs, and give their number."""
    if form == "json":
        chosen = [_picked(row, columns) for row in rows]
        emit_document({"kind": kind, "rows": chosen})
        return len(chosen)
    count = 0
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if form == "csv":
        writer.writerow(columns)
    for row in rows:
        count += 1
        if form == "csv":
            writer.writerow([cell(row[name]) for name in columns])
        else:
            sys.stdout.write(_json(_picked(row, columns)) + "\n")
    return count


def _draw(
    flags: Flags,
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    preferred: Sequence[str],
    bar_of: str | None,
) -> int:
    from cdrpipe.cli.table import Drawn, draw_rows

    iterator: Iterator[Row] = iter(rows)
    shown = list(islice(iterator, flags.limit if flags.limit is not None else TABLE_ROWS_MAX))
    drawn = [
        Drawn(
            name=name,
            texts=[cell(row[name]) for row in shown],
            is_number=any(isinstance(row[name], int | Decimal | float) for row in shown),
        )
        for name in columns
    ]
    names = draw_rows(
        console(flags),
        drawn,
        preferred=() if flags.columns else preferred,
        bars=[row[bar_of] for row in shown] if bar_of else None,
    )
    if shown and len(names) < len(columns):
        hint(
            flags,
            _("{shown} of {count} columns; all: -o csv, or name them with --columns").format(
                shown=len(names), count=len(columns)
            ),
        )
    if flags.limit is None and next(iterator, None) is not None:
        hint(flags, _("the first {count} rows; more: --limit or -o csv").format(count=len(shown)))
    return len(shown)


def console(flags: Flags) -> Any:  # noqa: ANN401 - rich is imported only where a table is drawn
    """Make the rich console that draws on stdout."""
    from rich.console import Console

    color = wants_color(flags.color)
    has_width = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(
        file=sys.stdout,
        force_terminal=True if color else None,
        no_color=color is False,
        width=None if has_width else WIDTH_OF_PIPES,
    )
