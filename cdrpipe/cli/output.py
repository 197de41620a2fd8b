"""Results on stdout: a table for people, CSV, JSON or one JSON object a line for programs.

Rows come as dictionaries or as Arrow. Money stays text or integers in JSON: no float ever holds it.
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from cdrpipe.cli.frame import Flags, wants_color
from cdrpipe.language import _

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = 1
# A terminal is read, not scrolled: beyond this, --limit or a pipe says that more is wanted.
TABLE_ROWS_MAX = 1000

Row = Mapping[str, Any]


def form_of(flags: Flags) -> str:
    """Choose the form: as asked, else a table on a terminal, else CSV."""
    return flags.output or ("table" if sys.stdout.isatty() else "csv")


def emit_table(flags: Flags, table: "pa.Table | pa.RecordBatchReader", *, kind: str) -> None:
    """Print an Arrow table or stream; batches are printed as they come."""
    batches = table.to_batches() if hasattr(table, "to_batches") else table
    rows = (row for batch in batches for row in batch.to_pylist())
    emit_rows(flags, rows, kind=kind, columns=table.schema.names)


def emit_rows(
    flags: Flags, rows: Iterable[Row], *, kind: str, columns: Sequence[str] | None = None
) -> None:
    """Print rows in the form asked for; ``kind`` names the result in JSON.

    ``columns`` are the names in order; None: those of the first row.
    """
    if columns is None:
        rows = list(rows)
        columns = list(rows[0]) if rows else []
    columns = _chosen(flags.columns, columns)
    form = form_of(flags)
    if form == "json":
        chosen = [_picked(row, columns) for row in islice(rows, flags.limit)]
        emit_document({"kind": kind, "rows": chosen})
    elif form == "ndjson":
        for row in islice(rows, flags.limit):
            sys.stdout.write(_json(_picked(row, columns)) + "\n")
    elif form == "csv":
        _write_csv(columns, islice(rows, flags.limit))
    else:
        _draw(flags, columns, rows)


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
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=cell)


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


def _write_csv(columns: Sequence[str], rows: Iterable[Row]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(row[name]) for name in columns] for row in rows)


def _draw(flags: Flags, columns: Sequence[str], rows: Iterable[Row]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    iterator: Iterator[Row] = iter(rows)
    shown = list(islice(iterator, flags.limit if flags.limit is not None else TABLE_ROWS_MAX))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        numeric = any(isinstance(row[name], int | Decimal | float) for row in shown)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in shown:
        table.add_row(*(cell(row[name]) for name in columns))
    console(flags).print(table, markup=False, highlight=False)
    if flags.limit is None and next(iterator, None) is not None:
        hint(flags, _("the first {count} rows; more: --limit or -o csv").format(count=len(shown)))


def console(flags: Flags) -> Any:  # noqa: ANN401 - rich is imported only where a table is drawn
    """Make the rich console that draws on stdout."""
    from rich.console import Console

    color = wants_color(flags.color)
    return Console(
        file=sys.stdout,
        force_terminal=True if color else None,
        no_color=color is False,
        width=None if sys.stdout.isatty() else 160,
    )
