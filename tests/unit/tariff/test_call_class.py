"""The calls that rates tell apart are those there can be, each once."""

from cdrpipe.cdr.relation import relation
from cdrpipe.cdr.schema import NUMBER_KINDS, RELATIONS
from cdrpipe.tariff.call_class import CallClass, call_classes, matched_calls
from cdrpipe.tariff.rate_plan import Rate, Zone

SHENZHEN, GUANGZHOU, BEIJING = 440755, 440020, 110010


def rate(**matchers) -> Rate:
    return Rate(rate_id="r", party="enterprise", steps=(), **matchers)


def seen(calls: tuple[CallClass, ...]) -> set[tuple[str, str, str]]:
    return {(call.calling.kind, call.answering.kind, call.relation) for call in calls}


def test_no_call_stands_twice() -> None:
    calls = call_classes([rate(calling_area=SHENZHEN), rate(answering_province=44)], {})
    assert len(set(calls)) == len(calls)


def test_a_caller_without_a_place_makes_unknown_calls_only() -> None:
    for kind in ("service", "privacy", "unknown"):
        assert {call[2] for call in seen(call_classes([], {})) if call[0] == kind} == {"unknown"}


def test_landlines_call_each_other_near_and_far_and_never_of_unknown_relation() -> None:
    found = {call[2] for call in seen(call_classes([], {})) if call[:2] == ("landline",) * 2}
    assert found == {"local", "long_distance"}


def test_where_nobody_answered_the_number_may_be_at_home_anywhere() -> None:
    found = {call[2] for call in seen(call_classes([], {})) if call[:2] == ("landline", "none")}
    assert found == {"local", "long_distance", "unknown"}


def test_two_areas_that_are_named_are_never_local_to_each_other() -> None:
    calls = call_classes([rate(calling_area=SHENZHEN), rate(answering_area=BEIJING)], {})
    between = {
        call.relation
        for call in calls
        if call.calling.regions == {SHENZHEN} and call.answering.regions == {BEIJING}
    }
    assert between == {"long_distance"}


def test_every_relation_is_that_of_some_pair_of_its_regions() -> None:
    rates = [rate(calling_area=SHENZHEN), rate(calling_province=44), rate(answering_province=11)]
    for call in call_classes(rates, {}):
        kind = NUMBER_KINDS.index(call.calling.kind)
        if call.answering.kind != "none":
            assert call.relation in {
                RELATIONS[relation(calling_kind=kind, calling_region_id=a, other_region_id=b)]
                for a in call.calling.regions
                for b in call.answering.regions
            }


def test_a_rate_matches_what_it_names_and_a_zone_its_regions() -> None:
    zones = {"south": Zone(name="south", provinces=(44,))}
    calls = call_classes([rate(zone="south", calling_area=SHENZHEN)], zones)

    def matched(one: Rate, among: dict[str, Zone] = zones) -> list[CallClass]:
        return [call for call, rates in matched_calls(calls, [one], among) if rates]

    assert len(matched(rate())) == len(calls)
    by_zone = {region for call in matched(rate(zone="south")) for region in call.calling.regions}
    assert GUANGZHOU in by_zone
    assert {region // 10_000 for region in by_zone} == {44}
    by_area = {call.calling.regions for call in matched(rate(calling_area=SHENZHEN))}
    assert by_area == {frozenset({SHENZHEN})}
    # A zone of prefixes may hold any call; what is not defined right may hold any, too.
    assert len(matched(rate(zone="hk"), {"hk": Zone(name="hk", prefixes=("852",))})) == len(calls)
    assert len(matched(rate(zone="lost"), {})) == len(calls)


def test_a_call_is_described_in_words() -> None:
    calls = call_classes([rate(calling_area=SHENZHEN)], {})
    described = {str(call) for call in calls}
    assert (
        "a local call from a landline number in Guangdong (0755) that nobody answers" in described
    )
    assert any(
        words == "an unknown call from an unknown number to an international number in Hong Kong"
        for words in described
    )
