"""``python -m benchmarks``: the end-to-end figure first, then the kernels beside their rules."""

import argparse

from benchmarks.bench_ingest import FULL_CALLS, bench_ingest
from benchmarks.bench_rating import FULL_ROWS, bench_charge, bench_normalize
from benchmarks.measure import machine

arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
arguments.add_argument("--calls", type=int, default=FULL_CALLS, help="calls to import")
arguments.add_argument("--rows", type=int, default=FULL_ROWS, help="rows for the kernels")
chosen = arguments.parse_args()
print(machine())
for figures in (
    bench_ingest(calls=chosen.calls),
    bench_normalize(rows=chosen.rows),
    bench_charge(rows=chosen.rows),
):
    for figure in figures:
        print(figure.line)
