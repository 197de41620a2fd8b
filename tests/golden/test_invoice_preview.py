"""An account's months worked by hand (``invoice_*.txt``), from a file of calls on."""

import datetime as dt
import re
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from registers import register_owning

from cdrpipe.billing.bill_cycle import bill_cycle
from cdrpipe.billing.invoice import Invoice
from cdrpipe.intake.importer import import_files
from cdrpipe.lake.scan import live_files
from cdrpipe.money import MICROS_PER_CENT, micros_of
from cdrpipe.register import load_snapshot, open_register
from cdrpipe.report.ask import open_answers
from cdrpipe.report.invoice_preview import preview_invoices

FOLDER = Path(__file__).parent

PLAN = """
id = "two-prices"
name = "By hand"
valid_from = 2026-01-01
monthly_rental = "300"

[[rate]]
party = "enterprise"
relation = "local"
price_per_minute = "0.1033"
increment = "60s"

[[rate]]
party = "enterprise"
relation = "long_distance"
price_per_minute = "0.20"
increment = "60s"

[[rate]]
party = "enterprise"
price_per_minute = "0.30"
increment = "60s"

[[rate]]
party = "caller"

[[rate.step]]
from = "0s"
price = "0.22"
per = "3min"
increment = "3min"

[[rate.step]]
from = "3min"
price_per_minute = "0.11"
increment = "60s"
"""


PLANS = {
    "invoice_preview.txt": PLAN,
    "invoice_included.txt": PLAN.replace(
        'monthly_rental = "300"\n',
        'monthly_rental = "300"\n'
        "[allowance]\nminutes_per_month = 10\n"
        '[minimum]\nper_month = "2.00"\n',
    ),
}


class Call(NamedTuple):
    """A record, and what is expected of it: words behind ``=>`` and the call's id."""

    row: str
    expected: list[str]


class Month(NamedTuple):
    """A golden file, the rows its calls became, and the invoice over them."""

    golden: str
    rows: list[dict[str, Any]]
    invoice: Invoice

    def lines(self, first_word: str) -> list[str]:
        return lines_of(self.golden, first_word)


def lines_of(golden: str, first_word: str) -> list[str]:
    return [line for line in golden.splitlines() if line.split(" ")[0] == first_word]


def stamp(setup: dt.datetime, offset: str) -> str:
    return "" if offset == "-" else str(setup + dt.timedelta(seconds=float(offset)))


def calls_of(golden: str) -> list[Call]:
    calls = []
    for cdr, expected in zip(lines_of(golden, "cdr"), lines_of(golden, "=>"), strict=True):
        call_id, caller, dialled, answered_by, day, time, *offsets = re.sub("->", "", cdr).split()[
            1:
        ]
        setup = dt.datetime.fromisoformat(f"{day} {time}")
        answered, bridged, released = (stamp(setup, offset) for offset in offsets)
        words = expected.split()[1:]
        assert words[0] == call_id
        person = "" if answered_by == "-" else answered_by
        calls.append(
            Call(
                f"{call_id},{caller},{dialled},{person},{setup},{answered},{bridged},{released}\n",
                words[1:],
            )
        )
    return calls


def ms_of(seconds: str) -> int:
    return micros_of(seconds) // 1000


def cents_of(yuan: str) -> int:
    return micros_of(yuan) // MICROS_PER_CENT


@pytest.fixture(scope="module", params=PLANS)
def worked(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Month:
    golden = (FOLDER / request.param).read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("golden")
    config = register_owning(
        folder,
        "4008001234",
        "4006005678",
        plan=PLANS[request.param],
        bill_from={"4006005678": "bridged"},
    )
    file = folder / "calls.csv"
    header = (
        "call_id,calling_number,service_number,answering_number,setup_at,answered_at,bridged_at,"
        "released_at\n"
    )
    file.write_text(header + "".join(call.row for call in calls_of(golden)), encoding="utf-8")
    import_files([file], config=config)
    rows = [
        row
        for stored in live_files(config.lake_dir)
        for row in pq.ParquetFile(stored).read().to_pylist()
    ]
    (invoice,) = preview_invoices(
        open_answers(config),
        load_snapshot(open_register(config.register_file)),
        bill_cycle("2026-10"),
    )
    return Month(golden, sorted(rows, key=lambda row: row["row"]), invoice)


def test_every_call_is_priced_as_worked_out(worked: Month) -> None:
    for call, row in zip(calls_of(worked.golden), worked.rows, strict=True):
        if len(call.expected) == 1:
            assert [row["outcome"]] == call.expected
            continue
        relation, enterprise_s, enterprise, caller_s, caller = call.expected
        assert (
            row["outcome"],
            row["relation"],
            row["enterprise_billable_ms"],
            row["enterprise_charge_micros"],
            row["caller_billable_ms"],
            row["caller_charge_micros"],
        ) == (
            "rated",
            relation,
            ms_of(enterprise_s),
            micros_of(enterprise),
            ms_of(caller_s),
            micros_of(caller),
        ), call.row


def test_every_line_is_summed_rounded_and_taxed_as_worked_out(worked: Month) -> None:
    expected = [line.split()[1:] for line in worked.lines("line")]
    assert [
        (line.kind, line.amount_cents, line.net_cents, line.tax_cents)
        for line in worked.invoice.lines
        if line.kind != "usage"
    ] == [
        (kind, *(cents_of(amount) for amount in amounts))
        for kind, *amounts in expected
        if kind != "usage"
    ]
    assert [
        [
            line.service_number,
            line.relation,
            line.calls,
            line.usage_micros,
            line.amount_cents,
            line.net_cents,
            line.tax_cents,
        ]
        for line in worked.invoice.lines
        if line.kind == "usage"
    ] == [
        [
            number,
            relation,
            int(calls),
            micros_of(exact),
            cents_of(amount),
            cents_of(net),
            cents_of(tax),
        ]
        for number, relation, calls, _, exact, amount, net, tax in (
            words[1:] for words in expected if words[0] == "usage"
        )
    ]


def test_the_invoice_adds_up(worked: Month) -> None:
    (total,) = worked.lines("total")
    exact, amount, net, tax = total.split()[1:]
    invoice = worked.invoice
    assert invoice.usage_micros == micros_of(exact)
    assert invoice.total_cents == cents_of(amount)
    assert invoice.net_cents == cents_of(net)
    assert invoice.tax_cents == cents_of(tax)
