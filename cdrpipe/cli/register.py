"""What the commands of the register share: run an import, show its counts, list a table."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cdrpipe.cli.frame import Flags
from cdrpipe.cli.output import emit_rows, emit_table, hint
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
    result = take(engine, files, time.time_ns() // 1000)
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


def list_register(flags: Flags, table: str) -> None:
    """List a table of the register as SQL sees it."""
    from cdrpipe.register.arrow_tables import register_tables
    from cdrpipe.register.database import open_register

    tables = register_tables(open_register(flags.config().register_file))
    emit_table(flags, tables[table], kind=table)
