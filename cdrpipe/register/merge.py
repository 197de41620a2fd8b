"""Bring incoming rows into a table: added, changed, unchanged, and one transaction for all."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Table, and_, bindparam, select

from cdrpipe.register.cells import show_instant
from cdrpipe.register.fault_list import FaultList
from cdrpipe.register.master_file import MasterRow
from cdrpipe.register.tables import revision

Key = tuple[object, ...]
Values = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCounts:
    """What became of the incoming rows of one table."""

    table: str
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did; ``revision`` is the register's number after it."""

    tables: tuple[TableCounts, ...]
    revision: int

    @property
    def is_without_effect(self) -> bool:
        """Say whether the register knew every row already."""
        return not any(counts.added or counts.changed for counts in self.tables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A table's stored rows and the incoming ones, by primary key; incoming replaces stored."""

    table: Table
    stored: Mapping[Key, Values]
    incoming: Mapping[Key, MasterRow]

    def merged(self) -> dict[Key, Values]:
        """Give the rows as they stand once the incoming ones are stored."""
        return {**self.stored, **{key: row.values for key, row in self.incoming.items()}}

    def shown(self, key: Key) -> Iterator[tuple[str, object]]:
        """Give a stored row's fields as people write them, blank ones left out."""
        for name, value in self.stored[key].items():
            if value is None:
                continue
            if name.endswith("_us") and isinstance(value, int):
                yield name.removesuffix("_us"), show_instant(value)
            else:
                yield name, value


def merge_rows(
    connection: Connection, table: Table, rows: Iterable[MasterRow], faults: FaultList
) -> Merge:
    """Read what a table holds and put the whole incoming rows for it beside; a key stands once."""
    names = [column.name for column in table.primary_key]
    incoming: dict[Key, MasterRow] = {}
    for row in rows:
        if row.table is not table or not row.is_whole:
            continue
        key = tuple(row.values[name] for name in names)
        first = incoming.setdefault(key, row)
        if first is not row:
            faults.add(
                row.place,
                f"expected each {_in_words(names)} once, got it at {first.place} too",
                code="ROW_TWICE",
            )
    return Merge(table=table, stored=_stored_rows(connection, table), incoming=incoming)


def store(connection: Connection, merges: Iterable[Merge], *, now_us: int) -> ImportResult:
    """Write what differs, and count up the register's revision where anything did."""
    counts = tuple(_store_table(connection, merge) for merge in merges)
    number = _current_number(connection)
    result = ImportResult(tables=counts, revision=number)
    if result.is_without_effect:
        return result
    return ImportResult(tables=counts, revision=count_up_revision(connection, now_us=now_us))


def count_up_revision(connection: Connection, *, now_us: int) -> int:
    """Tell everyone who follows the register that it has changed; gives its new number."""
    number = _current_number(connection) + 1
    connection.execute(revision.update().values(number=number, changed_at_us=now_us))
    return number


def _in_words(names: Iterable[str]) -> str:
    return " and ".join(name.removesuffix("_us") for name in names)


def _stored_rows(connection: Connection, table: Table) -> dict[Key, Values]:
    names = [column.name for column in table.primary_key]
    rows = connection.execute(select(table)).mappings()
    return {tuple(row[name] for name in names): dict(row) for row in rows}


def _store_table(connection: Connection, merge: Merge) -> TableCounts:
    added = [row.values for key, row in merge.incoming.items() if key not in merge.stored]
    changed = [
        row.values
        for key, row in merge.incoming.items()
        if key in merge.stored and merge.stored[key] != row.values
    ]
    if added:
        connection.execute(merge.table.insert(), [dict(values) for values in added])
    if changed:
        _update(connection, merge.table, changed)
    return TableCounts(
        table=merge.table.name,
        added=len(added),
        changed=len(changed),
        unchanged=len(merge.incoming) - len(added) - len(changed),
    )


def _update(connection: Connection, table: Table, rows: Iterable[Values]) -> None:
    keys = list(table.primary_key)
    names = {column.name for column in keys}
    statement = (
        table.update()
        .where(and_(*(column == bindparam(f"key_{column.name}") for column in keys)))
        .values(
            {column.name: bindparam(column.name) for column in table.c if column.name not in names}
        )
    )
    connection.execute(
        statement,
        [
            {f"key_{name}" if name in names else name: value for name, value in values.items()}
            for values in rows
        ],
    )


def _current_number(connection: Connection) -> int:
    number = connection.execute(select(revision.c.number)).scalar_one()
    assert isinstance(number, int)
    return number
