"""How far a call goes: local, long distance, international or unknown (domain §1)."""

import polars as pl

from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.numbering.region import (
    ABROAD_REGION_ID,
    HONG_KONG_REGION_ID,
    MACAO_REGION_ID,
    TAIWAN_REGION_ID,
)

_KIND = {name: code for code, name in enumerate(NUMBER_KINDS)}
_RELATION = {name: code for code, name in enumerate(RELATIONS)}

_BEYOND_THE_MAINLAND = [
    ABROAD_REGION_ID,
    HONG_KONG_REGION_ID,
    MACAO_REGION_ID,
    TAIWAN_REGION_ID,
]
_WITHOUT_A_PLACE = [_KIND["unknown"], _KIND["service"], _KIND["privacy"]]


def relation(*, calling_kind: int, calling_region_id: int, other_region_id: int) -> int:
    """Give the code of one call's relation; the plain rule.

    ``other_region_id`` is the answering number's region, or the service number's home region where
    nobody was bridged; 0 where neither is known. The calling kind is a position in NUMBER_KINDS.
    """
    if calling_kind in _WITHOUT_A_PLACE:
        return _RELATION["unknown"]
    if calling_region_id in _BEYOND_THE_MAINLAND or other_region_id in _BEYOND_THE_MAINLAND:
        return _RELATION["international"]
    if calling_region_id == 0 or other_region_id == 0:
        return _RELATION["unknown"]
    if calling_region_id == other_region_id:
        return _RELATION["local"]
    return _RELATION["long_distance"]


def relation_column() -> pl.Expr:
    """Give the same over calling_kind, calling_region_id and _other_region_id."""
    calling, other = pl.col("calling_region_id"), pl.col("_other_region_id")
    beyond = calling.is_in(_BEYOND_THE_MAINLAND) | other.is_in(_BEYOND_THE_MAINLAND)
    code = (
        pl.when(pl.col("calling_kind").is_in(_WITHOUT_A_PLACE))
        .then(_RELATION["unknown"])
        .when(beyond)
        .then(_RELATION["international"])
        .when((calling == 0) | (other == 0))
        .then(_RELATION["unknown"])
        .when(calling == other)
        .then(_RELATION["local"])
        .otherwise(_RELATION["long_distance"])
    )
    return code.cast(pl.Int8).alias("_relation")
