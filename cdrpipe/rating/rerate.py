"""Price stored calls again, as if they arrived under another register or other plans.

What a call *is* stays as it is stored: its numbers and their regions, its instants, its place.
Whose it is, from which instant it is billed, under which plan version and for how much is found
anew, by the steps that rate a call at first (``rate_calls.py``). Records that are no calls of
their own (merged, duplicate) or were held back are not for this.
"""

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from cdrpipe.cdr.schema import BILLING_ZONE, NUMBER_KINDS, RATED_SCHEMA, RELATIONS
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.guiding.guide import GuideTable
from cdrpipe.rating.rate_calls import guide_calls, name_plans, price_calls, start_clocks
from cdrpipe.tariff.rate_plan import RatePlanVersion
from cdrpipe.tariff.rate_table import RateTable

# A batch of this many rows needs some 60 MB.
RERATED_ROWS_MAX = 131_072

_EVERY_ROW = pl.lit(value=True)
_KIND_CODES = {name: code for code, name in enumerate(NUMBER_KINDS)}


def rerate_batch(
    stored: pa.Table,
    *,
    guide: GuideTable,
    rates: RateTable,
    plan_versions: Sequence[RatePlanVersion],
    rating_version: int,
) -> pa.Table:
    """Price one batch of stored calls again.

    Parameters
    ----------
    stored
        (n,) rows of RATED_SCHEMA whose outcome is rated or unanswered.
    guide, rates, plan_versions
        Owners and plans to price by; a position in ``plan_versions`` is an index in the other two.
    rating_version
        Written to every row that is rated.

    Returns
    -------
    (n,) rows of RATED_SCHEMA in the same order. A call that has no price now is suspended with its
    reason, has no charges, and keeps everything that was found.
    """
    outcomes = set(stored["outcome"].unique().to_pylist())
    assert outcomes <= {"rated", "unanswered"}, outcomes
    before = pl.from_arrow(stored)
    assert isinstance(before, pl.DataFrame)
    calls = before.drop(_FOUND_ANEW).with_columns(
        *(
            pl.col(name).replace_strict(_KIND_CODES, return_dtype=pl.Int8)
            for name in ("calling_kind", "answering_kind")
        ),
        reason=pl.lit(0, pl.UInt8),
    )
    calls = start_clocks(guide_calls(calls, guide, is_open=_EVERY_ROW))
    calls = name_plans(price_calls(calls, rates, is_priced=pl.col("_is_answered")), plan_versions)
    return _rows(calls, rating_version)


_FOUND_ANEW = [
    "kind",
    "billing_date",
    "outcome",
    "rating_version",
    "relation",
    "billing_started_at",
    "account_id",
    "subscription_id",
    "plan_id",
    "plan_version",
    "top_up_class_micros",
    "zone",
    "band",
    "enterprise_rate_id",
    "caller_rate_id",
    "enterprise_billable_ms",
    "caller_billable_ms",
    "enterprise_charge_micros",
    "caller_charge_micros",
    "carrier_rate_id",
    "carrier_cost_micros",
    "suspense_reason",
    "suspense_detail",
]


def _rows(calls: pl.DataFrame, rating_version: int) -> pa.Table:
    outcome = (
        pl.when(pl.col("reason") > 0)
        .then(pl.lit("suspended"))
        .when(~pl.col("_is_answered"))
        .then(pl.lit("unanswered"))
        .otherwise(pl.lit("rated"))
    )
    names = {int(each): each.name for each in SuspenseReason}
    sentences = {int(each): each.sentence for each in SuspenseReason}
    rows = calls.with_columns(
        kind=pl.lit("usage"),
        outcome=outcome,
        rating_version=pl.when(outcome == "rated").then(pl.lit(rating_version, pl.Int32)),
        billing_date=pl.col("billing_started_at").dt.convert_time_zone(BILLING_ZONE).dt.date(),
        relation=_words("_relation", dict(enumerate(RELATIONS))),
        calling_kind=_words("calling_kind", dict(enumerate(NUMBER_KINDS))),
        answering_kind=_words("answering_kind", dict(enumerate(NUMBER_KINDS))),
        suspense_reason=_words("reason", names),
        suspense_detail=_words("reason", sentences),
    )
    return rows.select(RATED_SCHEMA.names).to_arrow().cast(RATED_SCHEMA)


def _words(name: str, words: dict[int, str]) -> pl.Expr:
    return pl.col(name).replace_strict(words, default=None, return_dtype=pl.String)
