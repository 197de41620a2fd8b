"""Refuse overlapping intervals, with both rows named."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from cdrpipe.register.fault_list import FaultList
from cdrpipe.register.merge import Key, Merge, Values

_NEVER_US = 2**63 - 1


def refuse_overlaps(
    merge: Merge,
    group_of: Callable[[Values], tuple[object, ...]],
    *,
    subject: Callable[[tuple[object, ...]], str],
    faults: FaultList,
) -> None:
    """Note each two rows of one group that hold at one instant, once stored and incoming are one.

    Parameters
    ----------
    group_of
        What must not hold twice at an instant: a number, a number and its bound number …
    subject
        The group in words, for the message.

    Notes
    -----
    Only groups with incoming rows are looked at: the stored rows agreed when they were stored.
    """
    touched = {group_of(row.values) for row in merge.incoming.values()}
    groups: dict[tuple[object, ...], list[Key]] = defaultdict(list)
    merged = merge.merged()
    for key, values in merged.items():
        group = group_of(values)
        if group in touched:
            groups[group].append(key)
    for group, keys in groups.items():
        keys.sort(key=lambda key: _interval(merged[key]))
        holder = keys[0]  # of the rows so far the one that holds longest
        for key in keys[1:]:
            if _interval(merged[key])[0] < _interval(merged[holder])[1]:
                _refuse(merge, holder, key, subject(group), faults)
            holder = max(holder, key, key=lambda key: _interval(merged[key])[1])


def _interval(values: Mapping[str, object]) -> tuple[int, int]:
    valid_from_us, valid_until_us = values["valid_from_us"], values["valid_until_us"]
    assert isinstance(valid_from_us, int)
    if valid_until_us is None:
        return valid_from_us, _NEVER_US
    assert isinstance(valid_until_us, int)
    return valid_from_us, valid_until_us


def _refuse(merge: Merge, earlier: Key, later: Key, subject: str, faults: FaultList) -> None:
    places = sorted(
        row.place for key in (earlier, later) if (row := merge.incoming.get(key)) is not None
    )
    assert places, "two stored rows overlap"
    other = str(places[0]) if len(places) > 1 else _stored_row(merge, earlier, later)
    faults.add(
        places[-1],
        f"{subject} is held by two rows at once: this one and {other}",
        code="INTERVALS_OVERLAP",
        hint="End one row where the other begins: valid_until is the first instant outside.",
    )


def _stored_row(merge: Merge, earlier: Key, later: Key) -> str:
    key = later if earlier in merge.incoming else earlier
    row = ", ".join(f"{name} {value}" for name, value in merge.shown(key))
    return f"one in the register ({row})"
