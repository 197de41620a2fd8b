"""Calls that find no rate, and rates that find no call."""

from collections.abc import Callable, Iterable, Sequence

from cdrpipe.numbering.region import UNKNOWN_REGION_ID, province_code
from cdrpipe.tariff.call_class import CallClass, call_classes, matched_calls
from cdrpipe.tariff.check_scope import CheckScope
from cdrpipe.tariff.finding import Place
from cdrpipe.tariff.rate_plan import PARTIES, Rate
from cdrpipe.tariff.region_class import NO_REGION_ID, is_region_in_zone
from cdrpipe.tariff.region_word import province_word

# A privacy number with its country code has the most: 86 700 and twelve digits.
PREFIX_DIGITS_MAX = 17

_Match = tuple[str | int | None, ...]  # what a rate names, its prefix and band apart

_COUNTRY_CODE = "86"
_CHINESE_KINDS = ("landline", "mobile", "service", "privacy")

_VALUES_SHOWN_MAX = 5
_UNKNOWN = "unknown"
_PRICE_THE_REST = "give the party one rate that leaves these matchers out"

# By what a gap is told, in this order.
_FACETS: tuple[tuple[str, Callable[[CallClass], str]], ...] = (
    ("relation", lambda call: call.relation),
    ("calling_province", lambda call: _province(call.calling.region_id)),
    ("answering_province", lambda call: _province(call.answering.region_id)),
    ("calling_kind", lambda call: call.calling.kind),
    ("answering_kind", lambda call: call.answering.kind),
)


def check_calls(scope: CheckScope) -> None:
    """Find the gaps between the rates of each party, and the rates that never win."""
    for party in PARTIES:
        own = [
            (index, rate) for index, rate in enumerate(scope.version.rates) if rate.party == party
        ]
        if own:
            _check_gaps(scope, party, own)
            _check_reach(scope, own)


def _check_gaps(scope: CheckScope, party: str, own: Sequence[tuple[int, Rate]]) -> None:
    """Note calls that no rate of the party matches, those of faulty rates taken as they may be."""
    left_out = [rate for rate in scope.left_out if rate.party in (party, "")]
    rates = _distinct([*(rate for _, rate in own), *left_out], scope)
    is_rest_priced = any(
        rate.prefix is None and not any(name is not None for name in rate.match) for rate in rates
    )
    if is_rest_priced or any(rate.party == "" for rate in left_out):
        return
    calls = call_classes(rates, scope.zones)
    without: list[CallClass] = []
    doubtful: list[CallClass] = []
    for call, matching in matched_calls(calls, rates, scope.zones):
        if any(_surely_matches(rate, call, scope) for rate in matching):
            continue
        can_match = any(_has_number(rate, call, scope) for rate in matching)
        (doubtful if can_match else without).append(call)
    place = scope.rate_place(own[0][0])
    if without:
        _note_gaps(scope, party, place, calls=calls, without=without, doubtful=doubtful)
    elif doubtful:
        _note_prefixes(scope, party, place, doubtful[0])


def _distinct(rates: Iterable[Rate], scope: CheckScope) -> list[Rate]:
    """Keep one rate of those that match alike, the text of their prefixes apart."""
    kept = {(_is_chinese(rate.prefix), rate.match[1:]): rate for rate in rates}
    return list(kept.values())


def _is_chinese(prefix: str | None) -> bool | None:
    """Tell whether every Chinese number begins with the prefix; None where there is none."""
    return None if prefix is None else _COUNTRY_CODE.startswith(prefix)


def _surely_matches(rate: Rate, call: CallClass, scope: CheckScope) -> bool:
    """Tell whether a rate that matches a class but for prefixes matches all of its calls."""
    kind = _kind_of_number(call, scope)
    zone = scope.zones.get(rate.zone or "")
    is_in_zone = (
        zone is None
        or is_region_in_zone(call.calling.region_id, zone)
        or (kind in _CHINESE_KINDS and any(_is_chinese(prefix) for prefix in zone.prefixes))
    )
    is_begun = rate.prefix is None or (kind in _CHINESE_KINDS and _is_chinese(rate.prefix) is True)
    return is_in_zone and is_begun


def _has_number(rate: Rate, call: CallClass, scope: CheckScope) -> bool:
    """Tell whether there is a number that the prefix of a rate, or of its zone, could match."""
    has_prefix = rate.prefix is not None or _is_conditional(rate, scope)
    return not has_prefix or _kind_of_number(call, scope) not in (_UNKNOWN, "none")


def _kind_of_number(call: CallClass, scope: CheckScope) -> str:
    """Give the kind of the number that prefixes are matched against; a dialled one has none."""
    source = scope.version.prefix_of
    if source == "service_number":
        return ""
    return call.calling.kind if source == "calling_number" else call.answering.kind


def _note_gaps(
    scope: CheckScope,
    party: str,
    place: Place,
    *,
    calls: Sequence[CallClass],
    without: Sequence[CallClass],
    doubtful: Sequence[CallClass],
) -> None:
    """Tell the gaps by what their calls have in common, then by an example of the rest."""
    # Where nothing is priced but by prefixes, all calls are in doubt: what has no number is told.
    is_by_prefix = len(without) + len(doubtful) == len(calls)
    open_calls = {*without} if is_by_prefix else {*without, *doubtful}
    left = list(without)
    for name, value_of in _FACETS:
        priced = {value_of(call) for call in calls if call not in open_calls}
        values = [value for value in dict.fromkeys(value_of(call) for call in left) if value]
        values = [value for value in values if value not in priced]
        for code, some in (
            ("UNKNOWN_WITHOUT_RATE", [value for value in values if value == _UNKNOWN]),
            ("CALLS_WITHOUT_RATE", [value for value in values if value != _UNKNOWN]),
        ):
            if some:
                example = next(call for call in left if value_of(call) in some)
                scope.findings.note(
                    place,
                    code,
                    f"no rate of the {party} matches a call whose {name} is {_listed(some)}, "
                    f"such as {example}",
                    hint=_PRICE_THE_REST,
                )
        left = [call for call in left if value_of(call) not in values]
        doubtful = [call for call in doubtful if value_of(call) not in values]
    if left:
        scope.findings.note(
            place,
            "CALLS_WITHOUT_RATE",
            f"no rate of the {party} matches {left[0]}",
            hint=_PRICE_THE_REST,
        )
    elif doubtful:
        _note_prefixes(scope, party, place, doubtful[0])


def _note_prefixes(scope: CheckScope, party: str, place: Place, example: CallClass) -> None:
    source = scope.version.prefix_of
    scope.findings.note(
        place,
        "PREFIX_WITHOUT_DEFAULT",
        f"a call whose {source} begins with none of the prefixes may find no rate of the "
        f"{party}, such as {example}",
        hint="give the party one rate without a prefix",
    )


def _check_reach(scope: CheckScope, own: Sequence[tuple[int, Rate]]) -> None:
    """Note rates that match no call there can be, and those that always lose to others."""
    by_prefix: dict[str | None, list[int]] = {}
    for index, rate in own:
        if not _is_possible(rate.prefix, scope.version.prefix_of):
            _note_impossible_prefix(scope, index, rate)
        else:
            by_prefix.setdefault(rate.prefix, []).append(index)
    known: dict[tuple[bool, frozenset[_Match]], dict[_Match, Rate | None]] = {}
    for prefix, indices in by_prefix.items():
        first_of = {scope.version.rates[index].match[1:]: index for index in reversed(indices)}
        key = prefix is not None, frozenset(first_of)
        if key not in known:
            rates = [scope.version.rates[index] for index in first_of.values()]
            known[key] = _losers(rates, scope, has_number=prefix is not None)
        for match, winner in known[key].items():
            _note_loser(scope, first_of[match], winner)


def _is_possible(prefix: str | None, prefix_of: str) -> bool:
    """Tell whether a number can begin with a prefix; dialled texts can with any."""
    if prefix is None or prefix_of == "service_number":
        return True
    is_number = prefix.isascii() and prefix.isdigit()
    return is_number and not prefix.startswith("0") and len(prefix) <= PREFIX_DIGITS_MAX


def _note_impossible_prefix(scope: CheckScope, index: int, rate: Rate) -> None:
    scope.findings.note(
        scope.rate_place(index),
        "PREFIX_UNREACHABLE",
        f'no {scope.version.prefix_of} begins with "{rate.prefix}": they are digits that begin '
        "with a country code",
        hint='write a Chinese number with its 86 and without its 0, such as "8675582000000"',
    )


def _losers(
    rates: Sequence[Rate], scope: CheckScope, *, has_number: bool
) -> dict[_Match, Rate | None]:
    """Find the rates that win no call, by what they match, each with one that wins instead.

    None stands for those that match no call at all. Where nobody answered there is no number that
    a prefix of answering numbers could match.
    """
    zones = scope.zones
    of_answering = has_number and scope.version.prefix_of == "answering_number"
    in_order = sorted(rates, key=lambda rate: rate.precedence, reverse=True)
    losers: dict[_Match, Rate | None] = {rate.match[1:]: None for rate in rates}
    for call, matching in matched_calls(call_classes(rates, zones), in_order, zones):
        if of_answering and call.answering.kind == "none":
            continue
        winner: Rate | None = None
        for rate in matching:
            if winner is not None:
                if rate.match[1:] in losers:
                    losers[rate.match[1:]] = winner
                continue
            losers.pop(rate.match[1:], None)
            if not _is_conditional(rate, scope):
                winner = rate
    return losers


def _is_conditional(rate: Rate, scope: CheckScope) -> bool:
    """Tell whether more than the class of a call decides: prefixes of a zone, a faulty zone."""
    zone = scope.zones.get(rate.zone or "")
    return rate.zone is not None and (zone is None or bool(zone.prefixes))


def _note_loser(scope: CheckScope, index: int, winner: Rate | None) -> None:
    if winner is None:
        scope.findings.note(
            scope.rate_place(index),
            "RATE_UNREACHABLE",
            "no call can match all that this rate names",
            hint="unknown, service and privacy numbers have no region; where nobody answered "
            "there is no answering place",
        )
        return
    scope.findings.note(
        scope.rate_place(index),
        "RATE_UNREACHABLE",
        f'every call that this rate matches is taken by others, such as "{winner.rate_id}"',
        hint="docs/tariffs.md says which rate wins",
    )


def _province(region_id: int) -> str:
    """Name a province; empty where a call has none because of what its number is."""
    if region_id == NO_REGION_ID:
        return ""
    return _UNKNOWN if region_id == UNKNOWN_REGION_ID else province_word(province_code(region_id))


def _listed(values: Sequence[str]) -> str:
    shown = values[:_VALUES_SHOWN_MAX]
    more = len(values) - len(shown)
    return " or ".join(shown) + (f" or {more} more" if more else "")
