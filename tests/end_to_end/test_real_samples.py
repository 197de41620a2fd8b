"""Real switches' files, from bytes to the lake, with the counts worked out by hand.

Needs CDRPIPE_CDR_SAMPLES, a folder of such files; they are not part of the project.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from registers import register_owning

from cdrpipe.config import Config
from cdrpipe.intake.importer import FileResult, import_files
from cdrpipe.lake.scan import live_files


class Sample(NamedTuple):
    """A file, the numbers it calls, and what must come of it."""

    file: str
    format: str
    numbers: tuple[str, ...]
    # Of the records: answered calls, never answered, parts of others, copies, held back.
    rated: int
    unanswered: int
    merged: int
    duplicate: int
    suspended: int
    # The sum of the source's own billsec (billmsec where it has it) of the rows that are rated.
    billable_ms: int


SAMPLES = [
    # One uuid three times: the second is a copy, the third has another cause.
    # Answered and kept: 9 + 61 + 21 + 327 + 20 + 32 + 20 s.
    Sample(
        "freeswitch/Master_Kxingyunliushui_2020_excel_mangled.csv",
        "freeswitch_csv",
        ("&", "1002", "1004"),
        rated=7,
        unanswered=1,
        merged=0,
        duplicate=1,
        suspended=1,
        billable_ms=490_000,
    ),
    # 98 of 185 rows have an answer stamp (1,050 s); two of them are named by another row's
    # bleg_uuid (3 and 15 s) and belong to that call.
    Sample(
        "freeswitch/Master_namith-arrellio_2026.masked.csv",
        "freeswitch_csv",
        (
            "17577822683",
            "park+700",
            "7373512303",
            "17372445758",
            "1000",
            "1001",
            "700",
            "voicemail",
            "7373154904",
            "701",
            "park+701",
            "7372445758",
        ),
        rated=96,
        unanswered=87,
        merged=2,
        duplicate=0,
        suspended=0,
        billable_ms=1_032_000,
    ),
    # One call; its billmsec is the truth, its billsec says 68.
    Sample(
        "freeswitch/json_cdr_cgrates_engine_2018.json",
        "freeswitch_json",
        ("1002",),
        rated=1,
        unanswered=0,
        merged=0,
        duplicate=0,
        suspended=0,
        billable_ms=67_540,
    ),
    # 14 rows, each a call of its own: 13+13+18+8+8+7+3+2+2+2+2 s, three without answer.
    Sample(
        "asterisk/Master_KelySaina_2023.csv",
        "asterisk_custom",
        ("1234", "6789"),
        rated=11,
        unanswered=3,
        merged=0,
        duplicate=0,
        suspended=0,
        billable_ms=78_000,
    ),
    # 84 rows of 36 calls; of each the row with the greatest billsec stays. 31 have an answer
    # stamp there, among them one marked NO ANSWER with 60 s.
    Sample(
        "asterisk/Master_mineevburyat_2024_ringgroup.masked.csv",
        "asterisk_csv",
        ("211474", "211553"),
        rated=31,
        unanswered=5,
        merged=48,
        duplicate=0,
        suspended=0,
        billable_ms=944_000,
    ),
    # 125 and 101 s by the source's own duration, though the first row's stamps are 120 s apart.
    Sample(
        "cisco_cucm/cdr_hleguern_synthetic_3rows.csv",
        "cucm",
        ("+15559876543", "+15557654321"),
        rated=2,
        unanswered=0,
        merged=0,
        duplicate=0,
        suspended=0,
        billable_ms=226_000,
    ),
]
NAMES = [Path(sample.file).stem for sample in SAMPLES]


@pytest.fixture(scope="module")
def samples_dir() -> Path:
    folder = os.environ.get("CDRPIPE_CDR_SAMPLES")
    if not folder:
        pytest.skip("CDRPIPE_CDR_SAMPLES names no folder of real switches' files")
    if not Path(folder).is_dir():
        pytest.skip(f"CDRPIPE_CDR_SAMPLES names {folder}, which is no folder")
    return Path(folder)


def stored(config: Config) -> Iterator[dict]:
    for file in live_files(config.lake_dir):
        yield from pq.ParquetFile(file).read().to_pylist()


def imported(config: Config, file: Path, source: str | None) -> FileResult:
    (result,) = import_files([file], config=config, source=source, tz="Asia/Shanghai")
    return result


@pytest.mark.parametrize("named", [True, False], ids=["by-source", "by-sniff"])
@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_every_record_of_a_real_file_has_the_outcome_worked_out_by_hand(
    samples_dir: Path, tmp_path: Path, sample: Sample, named: bool
) -> None:
    config = register_owning(tmp_path, *sample.numbers)
    file = samples_dir / sample.file
    result = imported(config, file, sample.format if named else None)
    assert result.format == sample.format
    assert dict(result.counts) == {
        "rated": sample.rated,
        "unanswered": sample.unanswered,
        "merged": sample.merged,
        "duplicate": sample.duplicate,
        "suspended": sample.suspended,
    }
    rated = [row for row in stored(config) if row["outcome"] == "rated"]
    assert sum(row["enterprise_billable_ms"] for row in rated) == sample.billable_ms
    assert all(row["enterprise_charge_micros"] is not None for row in rated)
    again = imported(config, file, sample.format if named else None)
    assert again.was_imported
    assert again.read_count == 0


def test_the_copies_of_the_uuid_that_occurs_three_times_are_told_by_their_content(
    samples_dir: Path, tmp_path: Path
) -> None:
    sample = SAMPLES[0]
    config = register_owning(tmp_path, *sample.numbers)
    imported(config, samples_dir / sample.file, None)
    copies = sorted(
        (row["row"], row["suspense_reason"] or row["outcome"])
        for row in stored(config)
        if row["call_id"] == "7adced1a-4c7c-11ea-b08c-2bfc2a06d67d"
    )
    assert copies == [(8, "rated"), (9, "duplicate"), (10, "CONFLICTS_WITH_COMMITTED_RECORD")]


def test_all_files_together_are_the_sum_of_each(samples_dir: Path, tmp_path: Path) -> None:
    numbers = {number for sample in SAMPLES for number in sample.numbers}
    config = register_owning(tmp_path, *sorted(numbers))
    import_files([samples_dir / sample.file for sample in SAMPLES], config=config)
    outcomes = pa.array([row["outcome"] for row in stored(config)]).value_counts().to_pylist()
    assert {entry["values"]: entry["counts"] for entry in outcomes} == {
        "rated": 148,
        "unanswered": 96,
        "merged": 50,
        "duplicate": 1,
        "suspended": 1,
    }
