"""The benchmarks at their small sizes: their results agree with what was planted and the rules."""

from benchmarks.bench_ingest import SMALL_CALLS, bench_ingest
from benchmarks.bench_rating import SMALL_ROWS, bench_charge, bench_normalize


def test_import_gives_the_same_from_arrow_and_json() -> None:
    arrow, json = bench_ingest(calls=SMALL_CALLS, runs=1)
    assert arrow.checksum == json.checksum > 0


def test_kernels_agree_with_their_rules() -> None:
    # Each benchmark asserts that kernel and rule give one sum before it measures.
    for figures in (
        bench_normalize(rows=SMALL_ROWS, runs=1),
        bench_charge(rows=SMALL_ROWS, runs=1),
    ):
        assert [figure.rows for figure in figures] == [SMALL_ROWS, SMALL_ROWS // 50]
        assert all("rows/s" in figure.line for figure in figures)
