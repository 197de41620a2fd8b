"""Lakes whose calls are rated again: stored calls, a corrected tariff, and what is seen of them."""

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import Any

from records import decoded
from references import PLAN
from registers import register_owning

from cdrpipe.billing.bill_cycle import bill_cycle
from cdrpipe.config import Config
from cdrpipe.intake.importer import open_path
from cdrpipe.lake.query import run_statement
from cdrpipe.nightly.decide import activate, weigh_activation
from cdrpipe.nightly.redo import Redone, Scope, redo
from cdrpipe.register import load_snapshot, open_register
from cdrpipe.register.plans import import_plans
from cdrpipe.report.ask import open_answers
from cdrpipe.report.catalog import REPORTS, run_report
from cdrpipe.report.invoice_preview import preview_invoices

NUMBER, OTHER = "4008001234", "4008009999"

# A minute of a long-distance call costs 0.05 more; nothing else changes.
CORRECTED = PLAN.replace('id = "two-prices"', 'id = "two-prices"\nversion = 2').replace(
    '"0.20"', '"0.25"'
)

OCTOBER = Scope(date_from=dt.date(2026, 10, 1), date_until=dt.date(2026, 11, 1), account_id=None)
NOW_US = 1_800_000_000_000_000


def registered(folder: Path, *, plan: str = PLAN) -> Config:
    """Load a register in which account A1 owns two numbers."""
    return register_owning(folder, NUMBER, OTHER, plan=plan)


def store(config: Config, *cdrs: dict[str, Any]) -> dict[str, int]:
    """Rate calls and store them; give their number by outcome."""
    return dict(open_path(config).store(decoded(*cdrs), moves=[], summary={}))


def correct(config: Config, plan: str = CORRECTED) -> None:
    """Import a further version of the plan, in force since 2010 like the first."""
    path = config.data_dir / "corrected.toml"
    path.write_text(plan.replace("valid_from = 2026-01-01", "valid_from = 2010-01-01"))
    engine = open_register(config.register_file)
    import_plans(engine, [path], now_us=0)
    engine.dispose()


def redone(config: Config, scope: Scope = OCTOBER) -> Redone:
    """Rate stored calls again."""
    return redo(config, scope, now_us=NOW_US, on_progress=lambda _: None)


def put_in_force(config: Config, number: int | None) -> None:
    """Activate a rating version."""
    assert number is not None
    activate(config, weigh_activation(config, number, now_us=NOW_US), now_us=NOW_US)


def asked(config: Config, statement: str) -> list[tuple[Any, ...]]:
    """Ask in SQL."""
    with closing(open_answers(config)) as connection:
        rows = run_statement(connection, statement).read_all().to_pylist()
    return [tuple(row.values()) for row in rows]


def charges(config: Config) -> dict[str, int]:
    """Give the enterprise's charge of each rated call that is seen, in micros."""
    rows = asked(
        config,
        "SELECT call_id, enterprise_charge_micros FROM rated WHERE outcome = 'rated' ORDER BY 1",
    )
    assert len(dict(rows)) == len(rows), rows
    return dict(rows)


def every_sum(config: Config, *, month: str = "2026-10") -> list[Any]:
    """Give every report and every invoice preview; when something was received is left out."""
    engine = open_register(config.register_file)
    snapshot = load_snapshot(engine)
    engine.dispose()
    with closing(open_answers(config)) as connection:
        answers: list[Any] = [
            [{**row, "received_at": None} for row in run_report(connection, report).to_pylist()]
            for report in REPORTS
        ]
        return [*answers, preview_invoices(connection, snapshot, bill_cycle(month))]
