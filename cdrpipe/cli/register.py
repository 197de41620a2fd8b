"""What the commands of the register share: run an import, show its counts, list a table."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from time import time_ns
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cdrpipe.cli.frame import Flags
from cdrpipe.cli.output import emit_rows, form_of, hint
from cdrpipe.cli.zone import DISPLAY_TZ
from cdrpipe.language import _

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cdrpipe.register.merge import ImportResult


def import_into_register(
    flags: Flags,
    files: Sequence[Path],
    take: Callable[["Engine", Sequence[Path], int], "ImportResult"],
) -> None:
    """Import files, all or none, and show what became of their rows.

    ``take`` is given the register, the files and now in UTC µs.
    """
    from cdrpipe.register.database import open_register

    engine = open_register(flags.config().register_file)
    result = take(engine, files, time_ns() // 1000)
    emit_rows(
        flags,
        [
            {
                "table": counts.table,
                "added": counts.added,
                "changed": counts.changed,
                "unchanged": counts.unchanged,
            }
            for counts in result.tables
        ],
        kind="import",
    )
    if result.is_without_effect:
        hint(flags, _("the register knew all of it already; nothing was changed"))


def list_register(
    flags: Flags,
    table: str,
    *,
    tz: str = DISPLAY_TZ,
    without: Sequence[str] = (),
    preferred: Sequence[str] = (),
    derived: Mapping[str, Callable[[Mapping[str, object]], object]] = MappingProxyType({}),
) -> None:
    """List a table of the register as SQL sees it, with its instants in a zone.

    A drawn table shows midnights as the dates that they were imported as. ``derived`` columns are
    made of the others of a row, and stand behind them.
    """
    from cdrpipe.register.arrow_tables import register_tables
    from cdrpipe.register.database import open_existing_register

    config = flags.config()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    listed = register_tables(register)[table].drop_columns(list(without))
    register.dispose()
    shown = _date_of_midnight if form_of(flags) == "table" else _as_it_is
    zone = ZoneInfo(tz)
    rows = (
        {name: shown(_in_zone(value, zone)) for name, value in row.items()}
        | {name: derive(row) for name, derive in derived.items()}
        for row in listed.to_pylist()
    )
    columns = [*listed.schema.names, *derived]
    emit_rows(flags, rows, kind=table, columns=columns, preferred=preferred)


def _in_zone(value: object, zone: ZoneInfo) -> object:
    return value.astimezone(zone) if isinstance(value, datetime) else value


def _date_of_midnight(value: object) -> object:
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return value


def _as_it_is(value: object) -> object:
    return value
