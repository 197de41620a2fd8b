import pytest

from cdrpipe.errors import Fault, TariffError
from cdrpipe.tariff import deck_csv
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import Rate, RateStep

PLAN = """id = "p"
valid_from = 2026-01-01
deck = "national.csv"
[[band]]
name = "night"
from = "18:00"
[[zone]]
name = "south"
provinces = [44]
"""


def rates_of(deck: str, plan: str = PLAN) -> tuple[Rate, ...]:
    [version] = parse_rate_plan(plan, file="plans/p.toml", read_deck={"national.csv": deck}.get)
    return version.rates


def faults_of(deck: str, plan: str = PLAN) -> list[tuple[str, str]]:
    with pytest.raises(TariffError) as caught:
        rates_of(deck, plan)
    return [(fault.where, fault.message) for fault in caught.value.faults]


def test_a_row_is_a_rate() -> None:
    rates = rates_of(
        "prefix,band,price_per_minute,increment,connect_fee\n"
        "86755,,0.12,60s,\n"
        "86755,night,0.06,60/6,0.01\n"
        ",,0.3,60,\n"
    )
    minute = RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000)
    assert rates[0] == Rate(
        rate_id="enterprise 86755", party="enterprise", prefix="86755", steps=(minute,)
    )
    assert (rates[1].rate_id, rates[1].band) == ("enterprise 86755 in-night", "night")
    assert rates[1].connect_fee_micros == 10_000
    assert [step.from_ms for step in rates[1].steps] == [0, 60_000]
    assert (rates[2].rate_id, rates[2].prefix) == ("enterprise", None)


def test_a_deck_reads_every_column_as_a_rate_section_reads_its_key() -> None:
    values = {
        "id": "all",
        "party": "caller",
        "prefix": "86",
        "calling_area": "0755",
        "calling_province": "广东",
        "zone": "south",
        "answering_area": "010",
        "answering_province": "Beijing",
        "relation": "long_distance",
        "calling_kind": "mobile",
        "answering_kind": "landline",
        "band": "night",
        "price": "0.1",
        "per": "6s",
        "increment": "6",
        "connect_fee": "0.2",
        "minimum": "0.3",
        "maximum": "9",
        "rounding": "up",
        "decimals": "2",
    }
    general = '[[rate]]\nparty = "enterprise"\nprice_per_minute = 1\nincrement = 60\n'
    _, in_deck = rates_of(
        ",".join(values) + "\n" + ",".join(values.values()) + "\n", PLAN + general
    )
    section = "".join(
        f"{key} = {value}\n" if key == "decimals" else f'{key} = "{value}"\n'
        for key, value in values.items()
    )
    plan = PLAN.replace('deck = "national.csv"\n', "") + general + "[[rate]]\n" + section
    [version] = parse_rate_plan(plan, file="p.toml")
    assert in_deck == version.rates[1]
    assert set(values) | {"price_per_minute"} == set(deck_csv.DECK_COLUMNS)


def test_a_deck_as_excel_saves_it_is_read() -> None:
    [rate] = rates_of('\ufeffprefix , price_per_minute,increment\r\n 86755 ,"0.12",60s\r\n\r\n')
    assert (rate.prefix, rate.steps[0].price_micros) == ("86755", 120_000)


def test_every_fault_of_a_deck_is_told_with_file_and_line() -> None:
    deck = (
        "prefix,band,price_per_minute,increment,decimals\n"
        "86755,,0.12,60s,\n"
        "86756,nihgt,0.12,60s,\n"
        "86757,,free,60s,\n"
        "86758,,free,60s,x\n"
        "86755,,0.13,60s,\n"
        "86759,,0.13\n"
        f"{'8' * 65},,0.13,60s,\n"
        "86760,,,60s,\n"
    )
    assert faults_of(deck) == [
        ("plans/national.csv:3", '`band`: there is no band "nihgt"'),
        (
            "plans/national.csv:4",
            '`price_per_minute`: expected an amount in yuan such as "0.12", got "free"',
        ),
        ("plans/national.csv:5", '`decimals`: expected a whole number from 0 to 6, got "x"'),
        (
            "plans/national.csv:5",
            '`price_per_minute`: expected an amount in yuan such as "0.12", got "free"',
        ),
        ("plans/national.csv:6", "this rate matches the same calls as the one in line 2"),
        ("plans/national.csv:7", "expected 5 cells, got 3"),
        (
            "plans/national.csv:8",
            "expected a prefix of at most 60 bytes and an id of at most 200 characters",
        ),
        ("plans/national.csv:9", "expected either `price_per_minute`, or `price` and `per`"),
    ]


def test_a_header_that_is_wrong_is_told_alone() -> None:
    with pytest.raises(TariffError) as caught:
        rates_of("prefix,prise,prefix\n1,2,3\n")
    assert [(fault.message, fault.hint) for fault in caught.value.faults] == [
        ("unknown column `prise`", "did you mean `price`?"),
        ("the column `prefix` stands twice", ""),
    ]
    assert faults_of("") == [
        ("plans/national.csv:1", "the deck is empty: its first line names the columns")
    ]


def test_a_deck_that_is_none_is_not_read_to_its_end(monkeypatch) -> None:
    monkeypatch.setattr(deck_csv, "FAULTS_MAX", 2)
    found = faults_of("prefix,price_per_minute,increment\n" + "86,x,60\n" * 9)
    assert len(found) == 4
    assert found[-1] == (
        "plans/national.csv:4",
        "the deck was read no further: it has more than 2 faults",
    )
    monkeypatch.setattr(deck_csv, "ROWS_MAX", 1)
    assert faults_of("prefix,price_per_minute,increment\n1,1,60\n2,1,60\n3,1,60\n") == [
        ("plans/national.csv:3", "the deck was read no further: it has more than 1 rows")
    ]


def test_a_rate_of_the_plan_and_one_of_its_deck_cannot_be_alike() -> None:
    plan = (
        PLAN
        + '[[rate]]\nparty = "enterprise"\nprefix = "86755"\nprice_per_minute = 1\nincrement = 60\n'
    )
    assert faults_of("prefix,price_per_minute,increment\n86755,1,60\n", plan) == [
        (
            "plans/national.csv:2",
            "this rate matches the same calls as the one in plans/p.toml:10",
        )
    ]


def test_several_decks_are_read_in_their_order() -> None:
    plan = PLAN.replace('"national.csv"', '["a.csv", "b.csv"]')
    header = "prefix,price_per_minute,increment\n"
    decks = {"a.csv": header + "1,1,60\n", "b.csv": header + "2,1,60\n"}
    [version] = parse_rate_plan(plan, file="p.toml", read_deck=decks.__getitem__)
    assert [rate.prefix for rate in version.rates] == ["1", "2"]


def test_a_deck_lies_beside_the_plan() -> None:
    for name in ('"../national.csv"', '""', "1"):
        plan = PLAN.replace('"national.csv"', name)
        [(where, message)] = faults_of("", plan)
        assert where == "plans/p.toml:3"
        assert message.startswith("`deck`: expected the name of a file beside the plan")


def test_a_deck_that_cannot_be_read_is_a_fault_of_the_line_that_names_it() -> None:
    with pytest.raises(TariffError) as caught:
        parse_rate_plan(PLAN, file="p.toml")
    assert [(fault.where, fault.message) for fault in caught.value.faults] == [
        ("p.toml:3", "the deck national.csv cannot be read: the plan was handed in alone")
    ]

    def read_deck(name: str) -> str:
        fault = Fault("the file cannot be read: gone", where=name)
        raise TariffError("1 fault", faults=(fault,))

    with pytest.raises(TariffError) as caught:
        parse_rate_plan(PLAN, file="p.toml", read_deck=read_deck)
    assert [(fault.where, fault.message) for fault in caught.value.faults] == [
        ("national.csv", "the file cannot be read: gone")
    ]


def test_a_prefix_of_a_deck_is_as_long_as_its_bytes_are() -> None:
    deck = "prefix,price_per_minute,increment\n{},0.1,60s\n"
    assert [rate.prefix for rate in rates_of(deck.format("店" * 20))] == ["店" * 20]
    [(where, message)] = faults_of(deck.format("店" * 21))
    assert where == "plans/national.csv:2"
    assert message.startswith("expected a prefix of at most 60 bytes")
