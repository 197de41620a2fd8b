"""Real files of real switches, where they are at hand: CDRPIPE_CDR_SAMPLES names their folder."""

import os
from pathlib import Path

import pytest

from cdrpipe.mediation.sniff import sniff

FOLDER = os.environ.get("CDRPIPE_CDR_SAMPLES", "")

pytestmark = pytest.mark.skipif(
    not Path(FOLDER or "/nonexistent").is_dir(),
    reason="CDRPIPE_CDR_SAMPLES names no folder of real call records",
)

# File, format, rows, sum of billable milliseconds, rows that were never answered: counted in the
# files with awk.
SAMPLES = [
    ("freeswitch/Master_namith-arrellio_2026.masked.csv", "freeswitch_csv", 185, 1_050_000, 87),
    ("freeswitch/Master_Kxingyunliushui_2020_excel_mangled.csv", "freeswitch_csv", 10, 530_000, 1),
    ("freeswitch/json_cdr_cgrates_engine_2018.json", "freeswitch_json", 1, 67_540, 0),
    ("asterisk/Master_KelySaina_2023.csv", "asterisk_custom", 14, 78_000, 3),
    (
        "asterisk/Master_mineevburyat_2024_ringgroup.masked.csv",
        "asterisk_csv",
        84,
        974_000,
        45,
    ),
    ("cisco_cucm/cdr_hleguern_synthetic_3rows.csv", "cucm", 2, 226_000, 0),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample[0])
def test_a_sample_is_told_by_its_beginning_and_read_whole(decode_file, sample) -> None:
    path, name, rows, billable_ms, unanswered = sample
    data = (Path(FOLDER) / path).read_bytes()
    found = sniff(data[:4096], Path(path).name)
    assert found is not None
    assert found.format == name
    decoded = decode_file(found.format, data, tz="UTC")
    assert (len(decoded.cdrs), decoded.unreadable) == (rows, [])
    assert [cdr["row"] for cdr in decoded.cdrs] == list(range(1, rows + 1))
    assert sum(cdr["billable_ms"] or 0 for cdr in decoded.cdrs) == billable_ms
    assert sum(cdr["answered_at"] is None for cdr in decoded.cdrs) == unanswered


def test_an_excel_copy_with_one_uuid_three_times_keeps_all_three(decode_file) -> None:
    path = Path(FOLDER) / "freeswitch/Master_Kxingyunliushui_2020_excel_mangled.csv"
    cdrs = decode_file("freeswitch_csv", path.read_bytes()).cdrs
    assert len({cdr["call_id"] for cdr in cdrs[-3:]}) == 1
    assert [cdr["cause"] for cdr in cdrs[-3:]] == [16, 16, 17]


def test_a_ring_group_s_rows_have_keys_of_their_own(decode_file) -> None:
    path = Path(FOLDER) / "asterisk/Master_mineevburyat_2024_ringgroup.masked.csv"
    cdrs = decode_file("asterisk_csv", path.read_bytes()).cdrs
    assert len({(cdr["call_id"], cdr["leg"]) for cdr in cdrs}) == 84
    group = [cdr for cdr in cdrs if cdr["group_id"] == "1706372196.12"]
    assert len(group) == 7
