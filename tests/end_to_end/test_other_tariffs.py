"""What-if and advice over the demo's month, against registers in which all are on each plan."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest

from cdrpipe.billing.advise import offers_at
from cdrpipe.billing.bill_cycle import BillCycle, bill_cycle
from cdrpipe.billing.invoice import Invoice
from cdrpipe.billing.what_if import OtherTariff
from cdrpipe.config import Config
from cdrpipe.demo.messages import write_csv
from cdrpipe.demo.register_files import write_register
from cdrpipe.demo.register_plan import PLAN_WEIGHTS
from cdrpipe.demo.run import load_register
from cdrpipe.demo.traffic import generate_traffic
from cdrpipe.intake.importer import import_files
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.money import half_up
from cdrpipe.register import load_snapshot, open_register
from cdrpipe.register.snapshot import RegisterSnapshot
from cdrpipe.report.advise import advise_account
from cdrpipe.report.ask import open_answers
from cdrpipe.report.invoice_preview import preview_invoices
from cdrpipe.report.what_if import what_if

MONTH = "2026-08"
NOW_US = 1_789_000_000_000_000  # in September
CALLS = 1_500
HEADER = "subscription_id,account_id,plan_id,service_number,valid_from,valid_until\n"


class Month(NamedTuple):
    """A month of calls, and what each account would owe on each plan by another import of it."""

    config: Config
    snapshot: RegisterSnapshot
    cycle: BillCycle
    owed_cents: Mapping[str, Mapping[str, int]]  # by plan, then account


def imported(folder: Path, files: Path, calls: Path) -> tuple[Config, RegisterSnapshot]:
    config = Config(data_dir=folder)
    load_register(config, files, now_us=NOW_US)
    import_files([calls], config=config)
    engine = open_register(config.register_file)
    snapshot = load_snapshot(engine)
    engine.dispose()
    return config, snapshot


def owed_cents(invoice: Invoice, plan_id: str) -> int:
    """Give what an invoice says; the pool's at 3000 / 36 a month, or what was used if more."""
    if plan_id != "reseller-pool-3000":
        return invoice.total_cents
    micros = max(Fraction(3_000_000_000, 36), Fraction(invoice.usage_micros))
    usage_cents = invoice.subtotal_cents("usage")
    return invoice.total_cents - usage_cents + half_up(micros.numerator, micros.denominator * 10**4)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    folder = tmp_path_factory.mktemp("month")
    files, calls = folder / "register", folder / "calls.csv"
    register = write_register(files, accounts=12, seed=5, month=MONTH)
    traffic = generate_traffic(
        register, calls=CALLS, seed=5, regions=load_region_table(), now_us=NOW_US
    )
    write_csv(traffic.chunks(CALLS), calls)
    cycle = bill_cycle(MONTH)
    config, snapshot = imported(folder / "real", files, calls)
    owed = {}
    # Advice is for who paid nothing in yet.
    (header, *_top_ups) = (files / "top_ups.csv").read_text(encoding="utf-8").splitlines()
    (files / "top_ups.csv").write_text(f"{header}\n", encoding="utf-8")
    for plan_id in PLAN_WEIGHTS:
        rows = [
            f"S{a.account_id},{a.account_id},{plan_id},,2023-01-01,\n" for a in register.accounts
        ]
        (files / "subscriptions.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
        other, on_plan = imported(folder / plan_id, files, calls)
        invoices = preview_invoices(open_answers(other), on_plan, cycle)
        owed[plan_id] = {each.account_id: owed_cents(each, plan_id) for each in invoices}
    return Month(config, snapshot, cycle, owed)


def test_under_the_same_tariffs_nothing_differs_for_any_account(month: Month) -> None:
    same = [
        OtherTariff(name=version.plan_id, versions=(version,))
        for version in month.snapshot.plan_versions
        if any(each.plan_id == version.plan_id for each in month.snapshot.subscriptions)
    ]
    differences = what_if(open_answers(month.config), month.snapshot, same, month.cycle)
    assert sum(each.calls for each in differences) > CALLS // 2
    assert {
        (each.usage_difference_micros, each.invoice_difference_cents, each.calls_changed)
        for each in differences
    } == {(0, 0, 0)}


def test_advice_is_the_cheapest_by_invoices_under_each_plan_for_every_account(month: Month) -> None:
    offers = offers_at(month.snapshot.plan_versions, month.cycle.until_us - 1)
    assert {offer.name for offer in offers} == set(PLAN_WEIGHTS)
    advised = 0
    for account in month.snapshot.accounts:
        advice = advise_account(
            open_answers(month.config),
            month.snapshot,
            offers,
            [month.cycle],
            account_id=account.account_id,
        )
        if not advice.months:
            continue
        advised += 1
        owed = {plan_id: cents[account.account_id] for plan_id, cents in month.owed_cents.items()}
        assert {plan.cost.offer.name: plan.cost.total_cents for plan in advice.plans} == owed
        assert advice.cheapest is not None
        assert advice.cheapest.cost.total_cents == min(owed.values())
    assert advised >= 10
