"""What pricing calls again changes, by account: sums of money before and after."""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDifference:
    """An account's calls before and after.

    A call that changes hands is an old one of the one account and a new one of the other, and
    differs for both. A call that has no price after stays with its account, at no charge.
    """

    account_id: str
    calls_old: int
    calls_new: int
    calls_different: int
    unpriced_calls: int
    enterprise_old_micros: int
    enterprise_new_micros: int
    caller_old_micros: int
    caller_new_micros: int

    @property
    def enterprise_difference_micros(self) -> int:
        """Say how much more the account owes after."""
        return self.enterprise_new_micros - self.enterprise_old_micros

    @property
    def caller_difference_micros(self) -> int:
        """Say how much more its callers owe after."""
        return self.caller_new_micros - self.caller_old_micros


class DifferenceSums:
    """Adds up what changes, batch by batch."""

    def __init__(self) -> None:
        self._sums: pl.DataFrame | None = None

    def add(self, before: pa.Table, after: pa.Table) -> None:
        """Add some calls.

        Parameters
        ----------
        before, after
            (n,) rows of RATED_SCHEMA of the same calls, in the same order.
        """
        assert before.num_rows == after.num_rows
        pairs = pl.concat([_side(before, "old"), _side(after, "new")], how="horizontal")
        sides = [_old_side(_paired(pairs)), _new_side(_paired(pairs))]
        if self._sums is not None:
            sides.append(self._sums)
        self._sums = pl.concat(sides).group_by("account_id").agg(pl.all().sum())

    def by_account(self) -> list[AccountDifference]:
        """Give the sums: what changes most first, then in the order of their ids."""
        rows = [] if self._sums is None else self._sums.to_dicts()
        return most_changed_first([AccountDifference(**row) for row in rows])


def most_changed_first(differences: list[AccountDifference]) -> list[AccountDifference]:
    """Put what changes most for an account first, what is equal in the order of their ids."""
    return sorted(
        differences,
        key=lambda each: (-abs(each.enterprise_difference_micros), each.account_id),
    )


_COMPARED = ["account_id", "billing_date", "outcome"]
_CHARGES = ["enterprise_charge_micros", "caller_charge_micros"]


def _side(rows: pa.Table, suffix: str) -> pl.DataFrame:
    frame = pl.from_arrow(rows.select([*_COMPARED, *_CHARGES]))
    assert isinstance(frame, pl.DataFrame)
    return frame.rename(lambda name: f"{name}_{suffix}")


def _paired(pairs: pl.DataFrame) -> pl.DataFrame:
    differs = [
        pl.col(f"{name}_old").ne_missing(pl.col(f"{name}_new")) for name in (*_COMPARED, *_CHARGES)
    ]
    return pairs.with_columns(
        account_id_new=pl.coalesce("account_id_new", "account_id_old"),
        is_different=pl.any_horizontal(differs),
    )


def _old_side(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.select(
        pl.col("account_id_old").alias("account_id"),
        *_counts(calls_old=pl.lit(1), calls_new=pl.lit(0), calls_different=pl.col("is_different")),
        *_counts(unpriced_calls=pl.lit(0)),
        *_sums_of("enterprise", old=True),
        *_sums_of("caller", old=True),
    )


def _new_side(pairs: pl.DataFrame) -> pl.DataFrame:
    changes_hands = pl.col("account_id_new") != pl.col("account_id_old")
    return pairs.select(
        pl.col("account_id_new").alias("account_id"),
        *_counts(calls_old=pl.lit(0), calls_new=pl.lit(1)),
        *_counts(
            calls_different=pl.col("is_different") & changes_hands,
            unpriced_calls=pl.col("outcome_new") == "suspended",
        ),
        *_sums_of("enterprise", old=False),
        *_sums_of("caller", old=False),
    )


def _counts(**columns: pl.Expr) -> list[pl.Expr]:
    return [count.cast(pl.Int64).alias(name) for name, count in columns.items()]


def _sums_of(party: str, *, old: bool) -> list[pl.Expr]:
    # 128 bits: a sum of many charges may be more than int64 holds.
    nothing = pl.lit(0, pl.Int128)
    charge = pl.col(f"{party}_charge_micros_{'old' if old else 'new'}").cast(pl.Int128)
    charge = charge.fill_null(0)
    return [
        (charge if old else nothing).alias(f"{party}_old_micros"),
        (nothing if old else charge).alias(f"{party}_new_micros"),
    ]
