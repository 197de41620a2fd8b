from collections import Counter
from zoneinfo import ZoneInfo

import pyarrow.compute as pc

from cdrpipe.demo.register_plan import RegisterPlan
from cdrpipe.demo.traffic import Traffic, generate_traffic
from cdrpipe.numbering.region import RegionTable

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_busy_numbers_get_many_calls_and_most_get_some(
    register: RegisterPlan, regions: RegionTable, now_us: int
) -> None:
    traffic = generate_traffic(register, calls=5_000, seed=2, regions=regions, now_us=now_us)
    table = traffic.table()
    calls = table.filter(pc.equal(table["planted"], "talked"))
    counts = sorted(Counter(calls["service_number"].to_pylist()).values(), reverse=True)
    numbers = len({row.service_number for row in register.ownerships})
    assert len(counts) > 0.9 * numbers
    assert counts[0] > 5 * counts[len(counts) // 2]


def test_gaps_are_called_only_where_it_is_planted(traffic: Traffic, register: RegisterPlan) -> None:
    gaps = {}
    for first, second in register.reassigned:
        former, later = register.ownerships[first], register.ownerships[second]
        gaps[former.service_number] = (former.valid_until, later.valid_from)
    in_gap = Counter()
    for record in traffic.table().to_pylist():
        gap = gaps.get(record["service_number"])
        day = record["setup_at"].astimezone(SHANGHAI).date()
        if gap and gap[0] <= day < gap[1]:
            in_gap[record["planted"]] += 1
    assert in_gap == {"between_owners": 3}
