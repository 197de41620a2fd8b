"""Gaps between rates, and rates that no call finds."""

import pytest
from plan_findings import HEAD, REST, findings_of, told

CALLER = REST.replace("enterprise", "caller")
DECK = 'deck = "d.csv"\n'


def rates(*matchers: str) -> str:
    """Write rates of five lines each; the first begins on line 3."""
    return HEAD + "".join(REST + f"{each}\n" for each in matchers)


def test_a_rate_that_names_nothing_leaves_no_gap() -> None:
    assert told(HEAD + REST) == []
    assert told(HEAD + REST + CALLER) == []


def test_a_party_without_any_rate_owes_nothing_and_has_no_gap() -> None:
    assert told(HEAD + REST) == []


def test_relations_without_a_rate_are_told_and_unknown_apart() -> None:
    found = findings_of(rates('relation = "local"'))
    assert [(each.line, each.code) for each in found] == [
        (3, "UNKNOWN_WITHOUT_RATE"),
        (3, "CALLS_WITHOUT_RATE"),
    ]
    unknown = next(each for each in found if each.code == "UNKNOWN_WITHOUT_RATE")
    assert "no rate of the enterprise matches a call whose relation is unknown" in unknown.message
    others = next(each for each in found if each.code == "CALLS_WITHOUT_RATE")
    assert "long_distance" in others.message
    assert "international" in others.message


def test_all_relations_priced_leave_no_gap() -> None:
    names = ("local", "long_distance", "international", "unknown")
    assert told(rates(*(f'relation = "{name}"' for name in names))) == []


def test_calls_that_nobody_answers_are_told() -> None:
    kinds = ("landline", "mobile", "service", "international", "privacy", "unknown")
    [found] = findings_of(rates(*(f'answering_kind = "{kind}"' for kind in kinds)))
    assert (found.line, found.code) == (3, "CALLS_WITHOUT_RATE")
    assert "a call whose answering_kind is none, such as" in found.message
    assert found.message.endswith("that nobody answers")


def test_the_gaps_of_the_caller_are_his_own() -> None:
    caller = CALLER + 'calling_kind = "mobile"\n'
    found = findings_of(HEAD + REST + caller)
    assert {each.line for each in found} == {7}
    assert all("no rate of the caller matches" in each.message for each in found)


def test_a_gap_between_regions_is_told_by_an_example() -> None:
    # Local calls are priced, and all calls from Guangdong: not long distance from elsewhere.
    found = findings_of(
        rates('relation = "local"', 'calling_province = "广东"', 'relation = "unknown"',
              'relation = "international"')
    )  # fmt: skip
    [found] = found
    assert (found.line, found.code) == (3, "CALLS_WITHOUT_RATE")
    assert "a long_distance call from a landline number in" in found.message
    assert "Guangdong" not in found.message.split(" to ")[0]


def test_zones_that_hold_all_provinces_leave_no_gap() -> None:
    codes = [11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46,
             50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 99, 0]  # fmt: skip
    zones = f'[[zone]]\nname = "a"\nprovinces = {codes[:20]}\n'
    zones += f'[[zone]]\nname = "b"\nprovinces = {codes[20:]}\n'
    plan = HEAD + zones + REST + 'zone = "a"\n' + REST + 'zone = "b"\n'
    assert told(plan) == []
    found = findings_of(plan.replace(", 0]", "]"))
    assert [each.code for each in found] == ["UNKNOWN_WITHOUT_RATE"]


def test_a_deck_of_prefixes_alone_says_what_its_prefixes_leave_open() -> None:
    deck = {"d.csv": "prefix,price_per_minute,increment\n8610,0.1,60s\n8620,0.1,60s\n"}
    found = findings_of(HEAD + DECK, deck)
    assert [(each.file, each.line, each.code) for each in found] == [
        ("d.csv", 2, "UNKNOWN_WITHOUT_RATE"),
        ("d.csv", 2, "CALLS_WITHOUT_RATE"),
        ("d.csv", 2, "PREFIX_WITHOUT_DEFAULT"),
    ]
    assert "answering_kind is unknown" in found[0].message
    assert "answering_kind is none" in found[1].message


def test_the_country_code_and_one_rate_for_the_rest_leave_no_gap() -> None:
    deck = {"d.csv": "prefix,price_per_minute,increment\n86,0.1,60s\n"}
    rest = [REST + f'answering_kind = "{kind}"\n' for kind in ("none", "unknown", "international")]
    assert told(HEAD + DECK + "".join(rest), deck) == []


@pytest.mark.parametrize(
    ("prefix", "prefix_of", "is_told"),
    [
        ("86755", "answering_number", False),
        ("0755", "answering_number", True),
        ("+86", "calling_number", True),
        ("voicemail", "calling_number", True),
        ("8" * 18, "calling_number", True),
        ("8" * 17, "calling_number", False),
        ("voicemail", "service_number", False),
        ("0755", "service_number", False),
    ],
)
def test_a_prefix_that_no_number_begins_with_is_told(
    prefix: str, prefix_of: str, *, is_told: bool
) -> None:
    plan = HEAD + f'prefix_of = "{prefix_of}"\n' + REST + REST + f'prefix = "{prefix}"\n'
    assert told(plan) == ([(8, "PREFIX_UNREACHABLE")] if is_told else [])


@pytest.mark.parametrize(
    "matchers",
    [
        'relation = "local"\ncalling_kind = "unknown"',
        'calling_kind = "privacy"\ncalling_province = "广东"',
        'calling_kind = "landline"\ncalling_province = "香港"',
        'answering_kind = "none"\nprefix = "86"',
    ],
)
def test_a_rate_that_no_call_can_match_is_told(matchers: str) -> None:
    assert told(HEAD + REST + REST + matchers + "\n") == [(7, "RATE_UNREACHABLE")]


def test_a_rate_that_others_always_beat_is_told_with_one_of_them() -> None:
    kinds = ("landline", "mobile", "service", "international", "privacy", "unknown", "none")
    plan = rates(*(f'relation = "local"\nanswering_kind = "{kind}"' for kind in kinds))
    # Local calls are answered by landlines and mobiles, or by nobody; six lines a rate.
    found = findings_of(plan + REST + REST + 'relation = "local"\n')
    beaten = [each for each in found if each.line == 3 + 7 * 6 + 4]
    assert [each.code for each in beaten] == ["RATE_UNREACHABLE"]
    assert 'taken by others, such as "enterprise local to-' in beaten[0].message


def test_a_zone_of_prefixes_may_hold_any_call_and_beats_none_for_sure() -> None:
    zone = '[[zone]]\nname = "z"\nprefixes = ["852"]\n'
    plan = HEAD + zone + REST + REST + 'zone = "z"\n' + REST + 'relation = "international"\n'
    assert told(plan) == []
