"""``make bench-full``: the charge kernel against the rule, on as many random calls as asked for."""

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from time import perf_counter

from charge_branches import EXPECTED_BRANCHES, compare

CALLS_OF_A_SEED = 200_000
FIRST_SEED = 1


def _compared(seed: int, call_count: int) -> Counter[str]:
    return compare(seed, call_count=call_count)


def main() -> None:
    """Compare, and print how many calls reached each branch of the rule."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--calls", type=int, default=10_000_000)
    calls = arguments.parse_args().calls
    seeds = range(FIRST_SEED, FIRST_SEED + -(-calls // CALLS_OF_A_SEED))
    begun_s = perf_counter()
    reached: Counter[str] = Counter()
    with ProcessPoolExecutor() as processes:
        for counted in processes.map(_compared, seeds, repeat(min(calls, CALLS_OF_A_SEED))):
            reached += counted
    for branch in sorted(EXPECTED_BRANCHES):
        print(f"{reached[branch]:>10,}  {branch}")
    compared = len(seeds) * min(calls, CALLS_OF_A_SEED)
    print(
        f"{compared:,} random calls, seeds {seeds[0]} to {seeds[-1]}: kernel and rule are equal in "
        f"every column; {perf_counter() - begun_s:,.0f} s"
    )


if __name__ == "__main__":
    main()
