"""Whether what came out of the demo is what was planted, by what the lake says."""

from dataclasses import dataclass

import pyarrow as pa

from cdrpipe.billing.bill_cycle import bill_cycle
from cdrpipe.billing.invoice import Invoice
from cdrpipe.cdr.schema import OUTCOMES
from cdrpipe.demo.run import DemoResult
from cdrpipe.lake.query import run_statement
from cdrpipe.register import load_snapshot, open_register
from cdrpipe.report.ask import open_answers
from cdrpipe.report.catalog import find_report, run_report
from cdrpipe.report.invoice_preview import preview_invoices

_OUTCOMES = "SELECT outcome, count(*) AS records FROM record GROUP BY ALL ORDER BY ALL"
_REASONS = "SELECT suspense_reason, count(*) AS records FROM suspended GROUP BY ALL ORDER BY ALL"
_CHARGES = "SELECT sum(enterprise_charge_micros)::BIGINT AS micros FROM rated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One figure: what was planted (or is owed by law), and what was found."""

    name: str
    expected: int
    found: int

    @property
    def holds(self) -> bool:
        """Tell whether the two are equal."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The reconciliation of a demo, its invoices and its report by region."""

    counts: tuple[Settled, ...]
    money: Settled
    invoices: tuple[Invoice, ...]
    usage_by_region: pa.Table

    @property
    def holds(self) -> bool:
        """Tell whether every figure is what was planted."""
        return self.money.holds and all(count.holds for count in self.counts)


def settle(demo: DemoResult) -> Settlement:
    """Ask the lake, and hold the answers against what was planted."""
    connection = open_answers(demo.config)
    found = _pairs(run_statement(connection, _OUTCOMES))
    reasons = _pairs(run_statement(connection, _REASONS))
    planted = demo.planted
    counts = [Settled(name="read", expected=planted.read, found=sum(found.values()))]
    counts += [
        Settled(name=name, expected=getattr(planted, name), found=found.get(name, 0))
        for name in OUTCOMES
    ]
    counts += [
        Settled(
            name=name,
            expected=planted.suspended_by_reason.get(name, 0),
            found=reasons.get(name, 0),
        )
        for name in sorted({*planted.suspended_by_reason, *reasons})
    ]
    snapshot = load_snapshot(open_register(demo.config.register_file))
    cycle = bill_cycle(demo.month)
    invoices = preview_invoices(
        connection, snapshot, cycle, calendar_files=demo.config.calendar_files
    )
    charged = run_statement(connection, _CHARGES).read_all()["micros"][0].as_py()
    return Settlement(
        counts=tuple(counts),
        money=Settled(
            name="usage_micros",
            expected=charged,
            found=sum(invoice.usage_micros for invoice in invoices),
        ),
        invoices=tuple(invoices),
        usage_by_region=run_report(
            connection,
            find_report("usage-by-region"),
            date_from=cycle.date_from,
            date_until=cycle.date_until,
        ),
    )


def _pairs(reader: pa.RecordBatchReader) -> dict[str, int]:
    names, counts = reader.read_all().columns
    return dict(zip(names.to_pylist(), counts.to_pylist(), strict=True))
