"""How far a call goes, and that the batch says what the plain rule says."""

from itertools import product

import polars as pl
import pytest

from cdrpipe.cdr.relation import relation, relation_column
from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS

BEIJING, SHANGHAI, HONG_KONG, ABROAD, UNKNOWN = 110010, 310021, 810000, 990000, 0


@pytest.mark.parametrize(
    ("kind", "calling", "other", "expected"),
    [
        ("mobile", BEIJING, BEIJING, "local"),
        ("landline", BEIJING, SHANGHAI, "long_distance"),
        # Two area codes of one province are two places.
        ("mobile", 440755, 440020, "long_distance"),
        ("international", HONG_KONG, BEIJING, "international"),
        ("international", ABROAD, UNKNOWN, "international"),
        ("mobile", BEIJING, ABROAD, "international"),
        ("mobile", UNKNOWN, BEIJING, "unknown"),
        ("mobile", BEIJING, UNKNOWN, "unknown"),
        ("service", UNKNOWN, BEIJING, "unknown"),
        ("privacy", UNKNOWN, BEIJING, "unknown"),
        ("unknown", UNKNOWN, ABROAD, "unknown"),
    ],
)
def test_a_call_goes_as_far_as_its_two_places(
    kind: str, calling: int, other: int, expected: str
) -> None:
    code = relation(
        calling_kind=NUMBER_KINDS.index(kind), calling_region_id=calling, other_region_id=other
    )
    assert RELATIONS[code] == expected


def test_the_batch_equals_the_rule_on_every_combination() -> None:
    regions = [BEIJING, SHANGHAI, HONG_KONG, ABROAD, UNKNOWN, 710000, 820000]
    cases = list(product(range(len(NUMBER_KINDS)), regions, regions))
    frame = pl.DataFrame(
        cases, schema=["calling_kind", "calling_region_id", "_other_region_id"], orient="row"
    )
    assert frame.select(relation_column()).to_series().to_list() == [
        relation(calling_kind=kind, calling_region_id=calling, other_region_id=other)
        for kind, calling, other in cases
    ]
