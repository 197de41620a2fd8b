from dataclasses import dataclass, replace

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cdrpipe.guiding.guide import bill_from_batch, build_guide_table, guide_batch
from cdrpipe.guiding.ownership import Ownership, Subscription, guide, owner_at
from cdrpipe.guiding.top_up import TOP_UP_KINDS, TopUp


@dataclass(frozen=True, kw_only=True)
class Version:
    plan_id: str
    version: int
    valid_from_us: int
    valid_until_us: int | None
    top_up_class_micros: int | None = None


def top_up(account_id, paid_micros, from_us, *, kind="top_up"):
    return TopUp(
        top_up_id=f"{account_id}/{from_us}/{paid_micros}",
        account_id=account_id,
        kind=kind,
        subscription_id=None,
        paid_micros=paid_micros,
        granted_micros=paid_micros,
        granted_ms=None,
        valid_from_us=from_us,
        valid_until_us=from_us + 1,
    )


def owned(number, account_id, from_us, until_us=None, *, bill_from="answered", sources=()):
    return Ownership(
        service_number=number,
        account_id=account_id,
        valid_from_us=from_us,
        valid_until_us=until_us,
        bill_from=bill_from,
        bridged_is_answered_for=sources,
        home_region_id=440755,
    )


def guided_rows(guided):
    return list(
        zip(
            guided.account_id.to_pylist(),
            guided.subscription_id.to_pylist(),
            guided.plan_version_index.to_pylist(),
            guided.home_region_id.to_pylist(),
            strict=True,
        )
    )


NUMBERS = ("4008001234", "95588", "voicemail")
ACCOUNTS = ("A", "B")
PLANS = ("P", "Q")
INSTANTS = st.integers(0, 12)


@st.composite
def disjoint_intervals(draw):
    """Draw up to three half-open intervals that do not overlap, the last perhaps without end."""
    borders = sorted(draw(st.sets(INSTANTS, min_size=2, max_size=6)))
    intervals = list(zip(borders[::2], borders[1::2], strict=False))
    if draw(st.booleans()):
        intervals[-1] = (intervals[-1][0], None)
    return intervals


@st.composite
def registers(draw):
    """Draw what the register would let stand: owners, subscriptions, versions, top-ups."""
    ownerships = [
        owned(
            number,
            draw(st.sampled_from(ACCOUNTS)),
            from_us,
            until_us,
            bill_from=draw(st.sampled_from(["answered", "bridged"])),
            sources=draw(st.sampled_from([(), ("one",), ("one", "two")])),
        )
        for number in NUMBERS
        for from_us, until_us in draw(st.one_of(st.just([]), disjoint_intervals()))
    ]
    subscriptions = [
        Subscription(
            subscription_id=f"{account_id}/{number}/{from_us}",
            account_id=account_id,
            plan_id=draw(st.sampled_from(PLANS)),
            service_number=number,
            valid_from_us=from_us,
            valid_until_us=until_us,
        )
        for account_id in ACCOUNTS
        for number in (None, *NUMBERS)
        for from_us, until_us in draw(st.one_of(st.just([]), disjoint_intervals()))
    ]
    versions = [
        Version(plan_id=plan_id, version=number, valid_from_us=from_us, valid_until_us=until_us)
        for plan_id in PLANS
        for number in range(1, draw(st.integers(1, 4)))
        for from_us, until_us in draw(disjoint_intervals())[:1]
    ]
    versions += [
        replace(version, top_up_class_micros=class_micros)
        for version in versions
        for class_micros in draw(st.sets(st.sampled_from((0, 3, 5))))
    ]
    top_ups = [
        top_up(draw(st.sampled_from(ACCOUNTS)), micros, from_us, kind=kind)
        for micros, from_us, kind in draw(
            st.lists(st.tuples(st.integers(0, 6), INSTANTS, st.sampled_from(TOP_UP_KINDS)))
        )
    ]
    return ownerships, subscriptions, draw(st.permutations(versions)), top_ups


CALLS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from((*NUMBERS, "4000000000"))),
        st.one_of(st.none(), st.integers(-1, 14)),
        st.sampled_from(["one", "two", "three"]),
    ),
    max_size=30,
)


@given(register=registers(), calls=CALLS)
def test_a_batch_is_guided_as_each_of_its_rows_is(register, calls):
    ownerships, subscriptions, versions, top_ups = register
    guided = guide_batch(
        pa.array([number for number, _, _ in calls], pa.string()),
        pa.array([at_us for _, at_us, _ in calls], pa.int64()),
        build_guide_table(ownerships, subscriptions, versions, top_ups),
    )
    expected = []
    for number, at_us, _ in calls:
        payer = None
        if number is not None and at_us is not None:
            payer = guide(
                number,
                at_us,
                ownerships=ownerships,
                subscriptions=subscriptions,
                plan_versions=versions,
                top_ups=top_ups,
            )
        if payer is None:
            expected.append((None, None, -1, 0))
        else:
            expected.append(
                (
                    payer.account_id,
                    payer.subscription_id,
                    payer.plan_version_index,
                    payer.home_region_id,
                )
            )
    assert guided_rows(guided) == expected


@given(register=registers(), calls=CALLS)
def test_a_batch_reads_where_the_clock_starts_as_each_of_its_rows_does(register, calls):
    ownerships, subscriptions, versions, top_ups = register
    read = bill_from_batch(
        pa.array([number for number, _, _ in calls], pa.string()),
        pa.array([source for _, _, source in calls], pa.string()),
        pa.array([at_us for _, at_us, _ in calls], pa.int64()),
        build_guide_table(ownerships, subscriptions, versions, top_ups),
    )
    owners = [
        None if number is None or at_us is None else owner_at(number, at_us, ownerships)
        for number, at_us, _ in calls
    ]
    assert read.bill_from.to_pylist() == [owner and owner.bill_from for owner in owners]
    assert read.bridged_is_answered.to_pylist() == [
        owner is not None and source in owner.bridged_is_answered_for
        for owner, (_, _, source) in zip(owners, calls, strict=True)
    ]


def test_a_resold_number_changes_owner_between_two_microseconds_of_today():
    resold_us = 1_800_000_000_000_000
    ownerships = [
        owned("4008001234", "A", 0, resold_us),
        owned("4008001234", "B", resold_us),
    ]
    guided = guide_batch(
        pa.array(["4008001234"] * 3),
        pa.array([resold_us, resold_us - 1, resold_us + 1]),
        build_guide_table(ownerships, [], []),
    )
    assert guided.account_id.to_pylist() == ["B", "A", "B"]


def test_the_columns_have_the_types_the_pipeline_joins_on():
    table = build_guide_table([owned("95588", "A", 0, sources=("one",))], [], [])
    number, at_us = pa.array(["95588", "1002"]), pa.array([1, 1])
    guided = guide_batch(number, at_us, table)
    read = bill_from_batch(number, pa.array(["one", "one"]), at_us, table)
    assert guided.account_id.type == guided.subscription_id.type == pa.string()
    assert guided.plan_version_index.type == guided.home_region_id.type == pa.int32()
    assert (read.bill_from.type, read.bridged_is_answered.type) == (pa.string(), pa.bool_())
    assert isinstance(guided.account_id, pa.StringArray)
    assert read.bridged_is_answered.null_count == guided.plan_version_index.null_count == 0


def test_an_empty_register_owns_no_number_and_an_empty_batch_gives_empty_columns():
    table = build_guide_table([], [], [])
    number, at_us = pa.array(["95588"]), pa.array([1])
    assert guided_rows(guide_batch(number, at_us, table)) == [(None, None, -1, 0)]
    read = bill_from_batch(number, pa.array(["one"]), at_us, table)
    assert (read.bill_from.to_pylist(), read.bridged_is_answered.to_pylist()) == ([None], [False])
    assert guided_rows(guide_batch(number[:0], at_us[:0], table)) == []


def test_a_slice_of_a_column_is_guided_as_the_rows_it_shows():
    table = build_guide_table([owned("95588", "A", 0)], [], [])
    number, at_us = pa.array(["x", "95588", None]), pa.array([1, 1, 1])
    assert guide_batch(number[1:], at_us[1:], table).account_id.to_pylist() == ["A", None]
