"""A register made from plain files, as an operator makes it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from references import PLAN

from cdrpipe.config import Config
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.register import open_register
from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.numbers import import_numbers
from cdrpipe.register.plans import import_plans

# An account of 2010 that owns all numbers, billed from the answer.
_SINCE = "2010-01-01"


def register_owning(
    folder: Path,
    *numbers: str,
    plan: str = PLAN,
    bill_from: Mapping[str, str] = MappingProxyType({}),
) -> Config:
    """Load a register in which account A1 owns the numbers, and give the settings that name it.

    Numbers are billed from the answer where ``bill_from`` says nothing else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plan = plan.replace("valid_from = 2026-01-01", f"valid_from = {_SINCE}")
    config = Config(data_dir=folder / "data")
    engine = open_register(config.register_file)
    import_plans(engine, [_written(folder / "plan.toml", plan)], now_us=0)
    accounts = _written(folder / "accounts.csv", "account_id,name\nA1,Example\n")
    subscriptions = _written(
        folder / "subscriptions.csv",
        "subscription_id,account_id,plan_id,service_number,valid_from,valid_until\n"
        f"S1,A1,two-prices,,{_SINCE},\n",
    )
    import_accounts(engine, [accounts, subscriptions], now_us=0)
    header = (
        "service_number,account_id,valid_from,valid_until,bill_from,home_area_code,"
        "bridged_is_answered_for\n"
    )
    rows = "".join(
        f"{number},A1,{_SINCE},,{bill_from.get(number, 'answered')},021,\n" for number in numbers
    )
    areas = {area.area_code: area.region_id for area in load_region_table().areas}
    import_numbers(
        engine,
        [_written(folder / "numbers.csv", header + rows)],
        now_us=0,
        known_area_codes=areas,
    )
    engine.dispose()
    return config


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
