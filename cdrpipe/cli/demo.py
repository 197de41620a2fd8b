"""``cdrpipe demo``: everything once, on generated calls."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.failure import EXIT_DIFFERENCE, EXIT_DONE
from cdrpipe.cli.frame import Command, Flags, option
from cdrpipe.cli.output import console, emit_document, form_of, hint
from cdrpipe.cli.progress import Progress
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from rich.console import Console

    from cdrpipe.billing.invoice import Invoice
    from cdrpipe.demo.run import DemoResult
    from cdrpipe.demo.settle import Settled, Settlement
    from cdrpipe.kafka.progress import DaemonProgress

INVOICES_SHOWN = 3
BAR_WIDTH = 40

_PHASES = {
    "register": N_("making up a register: enterprises, 400 numbers, plans"),
    "traffic": N_("making up a month of calls"),
    "rate": N_("sending them through an embedded Kafka broker into the daemon"),
}
_NAMES = {
    "read": N_("read"),
    "rated": N_("rated"),
    "unanswered": N_("unanswered"),
    "merged": N_("merged"),
    "duplicate": N_("duplicate"),
    "suspended": N_("suspended"),
}


@click.command(
    cls=Command,
    help=N_(
        "Everything once: a register and a month of calls are made up, sent through an embedded "
        "broker, rated and stored; then reconciliation, invoices and a report are shown."
    ),
)
@option(
    "--calls",
    type=click.IntRange(100),
    default=200_000,
    show_default=True,
    help_text=N_("How many calls to make up; copies and second legs come on top."),
)
@option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-data"),
    show_default=True,
    help_text=N_("Folder for all that is made; replaced if an earlier demo made it."),
)
@option(
    "--seed",
    type=click.IntRange(0),
    default=400,
    show_default=True,
    help_text=N_("The same seed makes the same calls."),
)
@click.pass_obj
def demo(flags: Flags, *, calls: int, out: Path, seed: int) -> int:
    """Run the demonstration, and end with 1 if anything is not as it was planted."""
    from cdrpipe.demo.run import run_demo
    from cdrpipe.demo.settle import settle

    begun_s = time.monotonic()
    with Progress(flags, "demo") as progress:

        def on_progress(now: "DaemonProgress", total: int) -> None:
            progress.show(
                now.committed_rows,
                total=total,
                per_s=now.per_s,
                note=_("{count} commits").format(count=f"{now.commits:,}"),
            )

        result = run_demo(
            calls=calls,
            out=out,
            seed=seed,
            now_us=time.time_ns() // 1000,
            on_phase=lambda phase: hint(flags, "· " + _(_PHASES[phase])),
            on_progress=on_progress,
        )
    settlement = settle(result)
    if form_of(flags) == "json":
        emit_document(_document(result, settlement))
    else:
        _show(console(flags), result, settlement, seconds=time.monotonic() - begun_s)
    return EXIT_DONE if settlement.holds else EXIT_DIFFERENCE


def _document(result: "DemoResult", settlement: "Settlement") -> dict[str, object]:
    return {
        "kind": "demo",
        "month": result.month,
        "config_file": str(result.config_file),
        "holds": settlement.holds,
        "figures": [
            {"name": each.name, "expected": each.expected, "found": each.found}
            for each in (*settlement.counts, settlement.money)
        ],
    }


def _show(
    screen: "Console", result: "DemoResult", settlement: "Settlement", *, seconds: float
) -> None:
    from cdrpipe.report.invoice_sheet import invoice_sheet

    _rule(screen, _("Reconciliation: what was planted, and what the lake has"))
    _show_counts(screen, settlement.counts)
    _show_money(screen, settlement)
    _rule(screen, _("Three invoices of {month}").format(month=result.month))
    for invoice in _worth_seeing(settlement.invoices):
        screen.print(invoice_sheet(invoice))
        screen.print()
    _rule(screen, _("Where the calls came from: the enterprises' charges by province, yuan"))
    _show_bars(screen, settlement)
    _rule(screen, _("What to try next ({seconds} s so far)").format(seconds=f"{seconds:.0f}"))
    _show_next(screen, result, settlement)


def _rule(screen: "Console", title: str) -> None:
    screen.rule(f"[bold]{title}[/]", align="left")


def _mark(*, holds: bool) -> str:
    return "[green]✓[/]" if holds else "[bold red]✗[/]"


def _show_counts(screen: "Console", counts: "Sequence[Settled]") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(_("records"))
    table.add_column(_("planted"), justify="right")
    table.add_column(_("found"), justify="right")
    table.add_column("")
    for each in counts:
        name = _(_NAMES[each.name]) if each.name in _NAMES else f"  {each.name}"
        table.add_row(name, f"{each.expected:,}", f"{each.found:,}", _mark(holds=each.holds))
    screen.print(table)


def _show_money(screen: "Console", settlement: "Settlement") -> None:
    from cdrpipe.money import yuan_of_micros

    money = settlement.money
    screen.print(
        _("Charges of all rated calls ¥ {charges}; usage lines of all invoices ¥ {lines}").format(
            charges=f"{yuan_of_micros(money.expected):,f}",
            lines=f"{yuan_of_micros(money.found):,f}",
        )
        + f"  {_mark(holds=money.holds)}\n"
    )


def _worth_seeing(invoices: "Sequence[Invoice]") -> "list[Invoice]":
    """Take invoices of accounts small enough to read, each on another plan."""
    by_plan: dict[str, Invoice] = {}
    for invoice in sorted(invoices, key=lambda each: (len(each.lines), each.account_id)):
        usage = [line for line in invoice.lines if line.kind == "usage"]
        if usage:
            by_plan.setdefault(usage[0].plan_id, invoice)
    return list(by_plan.values())[:INVOICES_SHOWN]


def _show_bars(screen: "Console", settlement: "Settlement") -> None:
    from rich.table import Table

    from cdrpipe.language import language
    from cdrpipe.report.bars import bars

    rows = settlement.usage_by_region.to_pylist()
    drawn = bars([row["enterprise_charge"] for row in rows], width=BAR_WIDTH)
    name = "province_zh" if language() == "zh" else "province_en"
    table = Table(box=None, pad_edge=False, show_header=False)
    for row, bar in zip(rows, drawn, strict=True):
        table.add_row(row[name], f"{row['calls']:,}", f"{row['enterprise_charge']:,.2f}", bar)
    for column in table.columns[1:3]:
        column.justify = "right"
    screen.print(table)


def _program() -> str:
    """Name this program as the user can type it here."""
    path = Path(sys.argv[0]).absolute()
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else "cdrpipe"


def _show_next(screen: "Console", result: "DemoResult", settlement: "Settlement") -> None:
    account = settlement.invoices[0].account_id
    commands = [
        "suspense list",
        f"invoice preview --month {result.month} --account {account}",
        f"advise --account {account} --month {result.month}",
        f"report run usage-by-region --month {result.month} --account {account}",
        f"report run reconciliation --month {result.month}",
        'sql "SELECT relation, count(*) AS calls, sum(enterprise_charge) AS yuan '
        'FROM rated GROUP BY ALL ORDER BY ALL"',
        "sql",
    ]
    for command in commands:
        line = f"  {_program()} -c {result.config_file} {command}"
        screen.print(line, markup=False, highlight=False, soft_wrap=True)
