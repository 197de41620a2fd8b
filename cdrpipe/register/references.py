"""Refuse rows that refer to what neither the register nor the files know."""

from collections.abc import Iterable

from sqlalchemy import Column, Connection, Table, select

from cdrpipe.register.cells import suggest
from cdrpipe.register.fault_list import FaultList
from cdrpipe.register.master_file import MasterRow


def known_values(
    connection: Connection, column: Column[str], rows: Iterable[MasterRow]
) -> set[str]:
    """Gather a column's values: those stored, and those of the incoming rows for its table.

    Rows that have a fault elsewhere count too: a reference to them is no second fault.
    """
    stored = set(connection.execute(select(column).distinct()).scalars())
    incoming = {row.values.get(column.name) for row in rows if row.table is column.table}
    return stored | {value for value in incoming if isinstance(value, str)}


def refuse_unknown(
    rows: Iterable[MasterRow],
    *,
    table: Table,
    name: str,
    known: set[str],
    hint: str,
    faults: FaultList,
) -> None:
    """Note each row for a table whose field ``name`` is not among the known values."""
    few = tuple(sorted(known)) if len(known) <= _SUGGESTIONS_FROM_MAX else ()
    for row in rows:
        value = row.values.get(name)
        if row.table is table and isinstance(value, str) and value not in known:
            faults.add(
                row.place,
                f"column {name}: expected one that the register or these files know, "
                f"got {value!r}{suggest(value, few)}",
                code="REFERENCE_UNKNOWN",
                hint=hint,
            )


# Looking for a near name among thousands takes milliseconds for each fault.
_SUGGESTIONS_FROM_MAX = 1_000
