import csv
from pathlib import Path

from cdrpipe.demo.register_files import write_register
from cdrpipe.demo.register_plan import RegisterPlan, plan_register
from cdrpipe.numbering.region import RegionTable
from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.database import open_register
from cdrpipe.register.numbers import import_numbers
from cdrpipe.register.plans import import_plans

PLANS = Path(__file__).parents[3] / "cdrpipe" / "demo" / "plans"


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_files_say_what_was_planned(tmp_path: Path) -> None:
    register = write_register(tmp_path / "new", accounts=20, seed=3, month="2026-08")
    assert register == plan_register(accounts=20, seed=3, month="2026-08")
    accounts = read(tmp_path / "new" / "accounts.csv")
    assert [row["name"] for row in accounts] == [account.name for account in register.accounts]
    numbers = read(tmp_path / "new" / "numbers.csv")
    first, _ = register.reassigned[0]
    former = register.ownerships[first]
    assert numbers[first] == {
        "service_number": former.service_number,
        "account_id": former.account_id,
        "valid_from": str(former.valid_from),
        "valid_until": "2026-07-31",
        "bill_from": former.bill_from,
        "home_area_code": former.home_area_code,
        "bridged_is_answered_for": "",
    }
    phones = read(tmp_path / "new" / "bound_numbers.csv")
    assert len(phones) == sum(len(row.bound_numbers) for row in register.ownerships)


def test_the_register_takes_the_files(tmp_path: Path, regions: RegionTable) -> None:
    register: RegisterPlan = write_register(tmp_path, accounts=40, seed=3, month="2026-08")
    engine = open_register(f"sqlite:///{tmp_path / 'register.db'}")
    import_plans(engine, sorted(PLANS.glob("*.toml")), now_us=0)
    accounts = import_accounts(
        engine,
        [tmp_path / f"{name}.csv" for name in ("accounts", "subscriptions", "top_ups")],
        now_us=0,
    )
    numbers = import_numbers(
        engine,
        [tmp_path / "numbers.csv", tmp_path / "bound_numbers.csv"],
        now_us=0,
        known_area_codes={area.area_code: area.region_id for area in regions.areas},
    )
    engine.dispose()
    assert [table.added for table in accounts.tables] == [
        40, len(register.subscriptions), len(register.top_ups),
    ]  # fmt: skip
    assert numbers.tables[0].added == len(register.ownerships)
