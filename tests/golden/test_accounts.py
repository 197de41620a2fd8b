"""Accounts worked by hand (``accounts.txt``): files imported as an operator does, and previewed."""

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import cdrpipe
from cdrpipe.billing.bill_cycle import bill_cycle, instant_of_us
from cdrpipe.config import Config
from cdrpipe.errors import TariffError
from cdrpipe.intake.importer import import_files
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.money import micros_of, yuan_of_cents
from cdrpipe.register import load_snapshot, open_register
from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.numbers import import_numbers
from cdrpipe.register.plans import import_plans
from cdrpipe.report.ask import open_answers
from cdrpipe.report.invoice_preview import preview_invoices

FOLDER = Path(__file__).parent
GOLDEN = (FOLDER / "accounts.txt").read_text(encoding="utf-8")
PLANS = (*FOLDER.glob("plans/*.toml"), *Path(cdrpipe.__file__).parent.glob("demo/plans/*.toml"))

LANDLINE = "02161112222"
OWNS = re.compile(r"(\S+) from (\S+)(?: until (\S+))?( by the bridge)?")
CALL = re.compile(
    r"(\S+) (\S+) (\S+) (\S+)\s+(\S+) s( missed)?(?: from (\S+))?(?: (\d+) times daily)?\s+= (\S+)"
)
GIFT = re.compile(r"(\S+) (\S+)( min)? from (\S+) until (\S+)")
USE = re.compile(
    r"(\S+) (paid|used) (\S+)(?: min)? left (\S+)(?: min)?(?: void (from|since) (\S+))?"
)

ACCOUNTS = "account_id,name\n"
SUBSCRIPTIONS = "subscription_id,account_id,plan_id,valid_from\n"
OWNERSHIPS = "service_number,account_id,valid_from,valid_until,bill_from,home_area_code\n"
TOP_UPS = (
    "top_up_id,account_id,kind,subscription_id,paid,granted,granted_minutes,valid_from,"
    "valid_until\n"
)
CALLS = (
    "call_id,calling_number,service_number,answering_number,setup_at,answered_at,bridged_at,"
    "released_at\n"
)


@dataclass(slots=True, kw_only=True)
class Case:
    """An account, what it pays in, its calls, and what is expected of its months."""

    account_id: str
    name: str
    subscriptions: str = ""
    ownerships: str = ""
    top_ups: str = ""
    refused: list[tuple[str, str]] = field(default_factory=list)
    calls: str = ""
    charges: dict[str, int] = field(default_factory=dict)
    months: dict[str, str] = field(default_factory=dict)
    prepaid: dict[str, str] = field(default_factory=dict)
    is_by_the_bridge: bool = False


def read_case_line(case: Case, verb: str, rest: str) -> None:
    account, subscription = case.account_id, f"S-{case.account_id}"
    match verb:
        case "owns":
            number, begins, ends, bridge = matched(OWNS, rest)
            case.is_by_the_bridge = bool(bridge)
            bill_from = "bridged" if bridge else "answered"
            case.ownerships += f"{number},{account},{begins},{ends or ''},{bill_from},021\n"
        case "on":
            plan, begins = rest.split(" from ")
            case.subscriptions += f"{subscription},{account},{plan},{begins}\n"
        case "top-up":
            top_up, paid, begins = rest.replace(" from", "").split()
            case.top_ups += f"{top_up},{account},top_up,,{paid},,,{begins},\n"
        case "refused":
            paid, begins, least = rest.removeprefix("top-up ").replace(" from", "").split(" ", 2)
            row = f"X-{account},{account},top_up,,{paid},,,{begins.rstrip(':')},\n"
            case.refused.append((row, f"expected {least} under plan"))
        case "pool":
            top_up, begins = rest.split(" from ")
            case.top_ups += f"{top_up},{account},pool,{subscription},,,,{begins},\n"
        case "gift":
            top_up, amount, minutes, begins, ends = matched(GIFT, rest)
            cells = f"{subscription},,,{amount}" if minutes else f",,{amount},"
            case.top_ups += f"{top_up},{account},gift,{cells},{begins},{ends}\n"
        case "call":
            read_calls(case, *matched(CALL, rest))
        case "month" | "prepaid":
            month, _, words = rest.partition(": ")
            (case.months if verb == "month" else case.prepaid)[month] = words
        case _:
            raise AssertionError(verb)


def read_calls(
    case: Case,
    call_id: str,
    number: str,
    day: str,
    time: str,
    length: str,
    missed: str,
    caller: str,
    times: str,
    charge: str,
) -> None:
    begins = dt.datetime.fromisoformat(f"{day} {time}")
    for index in range(int(times or 1)):
        at = begins + dt.timedelta(days=index)
        released = at + dt.timedelta(seconds=float(length))
        answered = at - dt.timedelta(seconds=10 if case.is_by_the_bridge else 0)
        name = f"{call_id}{index}" if times else call_id
        person, bridged = ("", "") if missed else ("02161234567", str(at))
        case.calls += (
            f"{name},{caller or LANDLINE},{number},{person},{answered},{answered},{bridged},"
            f"{released}\n"
        )
        case.charges[name] = micros_of(charge)


def matched(pattern: re.Pattern[str], words: str) -> tuple[str, ...]:
    found = pattern.fullmatch(words)
    assert found, words
    return found.groups()


def read_cases() -> list[Case]:
    cases: list[Case] = []
    for line in GOLDEN.splitlines():
        claim = line.split("#")[0].strip()
        verb, _, rest = claim.partition(" ")
        if verb == "case":
            cases.append(Case(account_id=f"A{len(cases) + 1}", name=rest))
        elif verb:
            read_case_line(cases[-1], verb, rest.strip())
    return cases


CASES = read_cases()


def write(path: Path, header: str, rows: str) -> Path:
    path.write_text(header + rows, encoding="utf-8")
    return path


@pytest.fixture(scope="module", name="config")
def _config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Import the accounts of all cases with their calls."""
    folder = tmp_path_factory.mktemp("accounts")
    config = Config(data_dir=folder / "data")
    engine = open_register(config.register_file)
    import_plans(engine, PLANS, now_us=0)
    import_accounts(
        engine,
        [
            write(
                folder / "accounts.csv",
                ACCOUNTS,
                "".join(f"{case.account_id},{case.account_id}\n" for case in CASES),
            ),
            write(
                folder / "subscriptions.csv",
                SUBSCRIPTIONS,
                "".join(case.subscriptions for case in CASES),
            ),
            write(folder / "top_ups.csv", TOP_UPS, "".join(case.top_ups for case in CASES)),
        ],
        now_us=0,
    )
    import_numbers(
        engine,
        [write(folder / "numbers.csv", OWNERSHIPS, "".join(case.ownerships for case in CASES))],
        now_us=0,
        known_area_codes={area.area_code: area.region_id for area in load_region_table().areas},
    )
    engine.dispose()
    calls = write(folder / "calls.csv", CALLS, "".join(case.calls for case in CASES))
    import_files([calls], config=config)
    return config


def ids(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_every_call_costs_what_is_worked_out(config: Config, case: Case) -> None:
    found = open_answers(config).execute(
        "SELECT call_id, enterprise_charge_micros FROM rated WHERE account_id = $account_id",
        {"account_id": case.account_id},
    )
    assert dict(found.fetchall()) == case.charges


@pytest.mark.parametrize(
    ("case", "month"),
    [(case, month) for case in CASES for month in case.months],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_every_month_owes_and_is_paid_as_worked_out(config: Config, case: Case, month: str) -> None:
    (invoice,) = preview_invoices(
        open_answers(config),
        load_snapshot(open_register(config.register_file)),
        bill_cycle(month),
        account_id=case.account_id,
    )
    kinds = list(dict.fromkeys(line.kind for line in invoice.lines))
    sums = ", ".join(f"{kind} {yuan(invoice.subtotal_cents(kind))}" for kind in kinds)
    total = f"total {yuan(invoice.total_cents)}"
    assert (f"{sums}; {total}" if sums else total) == case.months[month]
    if month not in case.prepaid:
        assert not invoice.prepaid
        return
    expected, remains = case.prepaid[month].split("; remains ")
    found = {}
    for use in invoice.prepaid:
        numbers = (use.used_ms, use.after.left_ms)
        if not use.after.is_minutes:
            numbers = (use.paid_micros, use.after.left_micros)
        void = None
        if use.void_from_us is not None:
            word = "since" if use.is_void else "from"
            void = (word, f"{instant_of_us(use.void_from_us):%Y-%m-%d}")
        found[use.after.top_up.top_up_id] = (*numbers, void)
    worked = {}
    for words in expected.split(", "):
        top_up, verb, used, left, word, day = matched(USE, words)
        unit = 60_000 if verb == "used" else 1_000_000
        void = (word, day) if word else None
        worked[top_up] = (micros_of(used) * unit // 10**6, micros_of(left) * unit // 10**6, void)
    assert found == worked
    assert yuan(invoice.remaining_cents) == remains


@pytest.mark.parametrize("month", ["2026-09", "2026-10"])
def test_all_accounts_at_once_are_previewed_as_each_alone(config: Config, month: str) -> None:
    connection = open_answers(config)
    snapshot = load_snapshot(open_register(config.register_file))
    cycle = bill_cycle(month)
    alone = [
        invoice
        for case in CASES
        for invoice in preview_invoices(connection, snapshot, cycle, account_id=case.account_id)
    ]
    together = preview_invoices(connection, snapshot, cycle)
    assert together == sorted(alone, key=lambda invoice: invoice.account_id)


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=ids)
def test_a_top_up_below_the_floor_is_refused(config: Config, case: Case, tmp_path: Path) -> None:
    engine = open_register(config.register_file)
    for row, message in case.refused:
        with pytest.raises(TariffError) as caught:
            import_accounts(engine, [write(tmp_path / "t.csv", TOP_UPS, row)], now_us=1)
        (fault,) = caught.value.faults
        assert message in fault.message


def yuan(cents: int) -> str:
    return str(yuan_of_cents(cents))
