"""A small register and the region table, for all tests of invented traffic."""

from datetime import UTC, datetime

import pytest

from cdrpipe.demo.register_plan import RegisterPlan, plan_register
from cdrpipe.demo.traffic import Traffic, generate_traffic
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.numbering.region import RegionTable

MONTH = "2026-08"


@pytest.fixture(scope="session")
def regions() -> RegionTable:
    return load_region_table()


@pytest.fixture(scope="session")
def register() -> RegisterPlan:
    return plan_register(accounts=40, seed=5, month=MONTH)


@pytest.fixture(scope="session")
def now_us() -> int:
    """Give an instant two days after the month."""
    return int(datetime(2026, 9, 3, 12, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.fixture(scope="session")
def traffic(register: RegisterPlan, regions: RegionTable, now_us: int) -> Traffic:
    return generate_traffic(
        register, calls=3_000, seed=11, regions=regions, now_us=now_us, single_share=0.1
    )
