"""The questions with an answer ready: one SQL file each, with its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cdrpipe.errors import ConfigError
from cdrpipe.lake.query import run_file
from cdrpipe.language import N_

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A question.

    ``parameters`` are those beside ``date_from`` and ``date_until``, which every report has; one
    that is not given is null, which means all. A report with ``difference_columns`` is a check:
    it has found a difference where any of them is not 0. ``table_columns`` are those that a table
    of 80 characters has room for; ``_*`` stands for the reader's language.
    """

    name: str
    title: str
    parameters: tuple[str, ...] = ()
    difference_columns: tuple[str, ...] = ()
    bar_column: str | None = None
    table_columns: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Give its SQL file."""
        return _FOLDER / f"{self.name.replace('-', '_')}.sql"


REPORTS = (
    Report(
        name="usage-by-region",
        title=N_("Calls, minutes and charges by the caller's province."),
        parameters=("account_id",),
        bar_column="enterprise_charge",
        table_columns=("province_*", "calls", "answered", "minutes", "enterprise_charge"),
    ),
    Report(
        name="usage-sums",
        title=N_("Exact sums of the charges behind each usage line of the invoices."),
        parameters=("account_id",),
    ),
    Report(
        name="reconciliation",
        title=N_("Records read and what became of them, by topic partition or file and day."),
        difference_columns=("unaccounted", "stored_twice"),
        table_columns=(
            "topic",
            "partition",
            "file",
            "billing_date",
            "read",
            "unaccounted",
            "stored_twice",
        ),
    ),
    Report(
        name="legs-without-call",
        title=N_("Merged legs and parts whose call is not stored."),
        difference_columns=("records",),
    ),
    Report(
        name="suspense-by-reason",
        title=N_("Records held back, by reason."),
        bar_column="records",
    ),
    Report(
        name="suspended-records",
        title=N_("The records held back, one by one."),
        parameters=("reason",),
    ),
)


def find_report(name: str) -> Report:
    """Find a report by its name.

    Raises
    ------
    ConfigError
        There is none of that name.
    """
    names = [report.name for report in REPORTS]
    if name in names:
        return REPORTS[names.index(name)]
    near = get_close_matches(name, names, n=1)
    raise ConfigError(
        f"expected the name of a report, got {name!r}",
        code="REPORT_UNKNOWN",
        hint=(f"did you mean {near[0]}? " if near else "") + "all:  cdrpipe report list",
    )


def run_report(
    connection: duckdb.DuckDBPyConnection,
    report: Report,
    *,
    date_from: date = date.min,
    date_until: date = date.max,
    parameters: Mapping[str, str] | None = None,
) -> pa.Table:
    """Run a report over billing dates from ``date_from`` until before ``date_until``.

    Raises
    ------
    ConfigError
        The report has no such parameter.
    """
    given = known_parameters(report, parameters or {})
    values: dict[str, Any] = {"date_from": date_from, "date_until": date_until}
    values |= {name: given.get(name) for name in report.parameters}
    return run_file(connection, report.path, values)


def has_difference(report: Report, table: pa.Table) -> bool:
    """Say whether a check found a difference; a report that is no check never does."""
    return any(
        value for name in report.difference_columns for value in table.column(name).to_pylist()
    )


def known_parameters(report: Report, given: Mapping[str, str]) -> Mapping[str, str]:
    """Give the parameters back, all of which the report has.

    Raises
    ------
    ConfigError
        It has no such parameter.
    """
    for name in given:
        if name not in report.parameters:
            raise ConfigError(
                f"expected one of the report's parameters, got {name!r}",
                code="PARAMETER_UNKNOWN",
                where="--param",
                hint="it has: " + (", ".join(report.parameters) or "none but the dates"),
            )
    return given
