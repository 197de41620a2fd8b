import pytest

from cdrpipe.errors import TariffError
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import Rate, RateStep

HEAD = 'id = "p"\nvalid_from = 2026-01-01\n[[rate]]\n'  # the rate's header is line 3
RATE = 'party = "enterprise"\n'


def rates_of(section: str) -> tuple[Rate, ...]:
    [version] = parse_rate_plan(HEAD + section, file="plan.toml")
    return version.rates


def faults_of(section: str) -> list[tuple[int, str]]:
    with pytest.raises(TariffError) as caught:
        rates_of(section)
    return [
        (int(fault.where.removeprefix("plan.toml:")), fault.message)
        for fault in caught.value.faults
    ]


def test_a_price_a_minute_by_started_minutes_is_one_step() -> None:
    [rate] = rates_of(RATE + 'price_per_minute = "0.12"\nincrement = "60s"\n')
    step = RateStep(from_ms=0, price_micros=120_000, per_ms=60_000, increment_ms=60_000)
    assert rate == Rate(rate_id="enterprise", party="enterprise", steps=(step,))
    assert (rate.rounding, rate.decimals) == ("half_up", 4)


def test_first_and_next_alike_are_one_step_and_apart_are_two() -> None:
    [alike] = rates_of(RATE + 'price = "0.1"\nper = "6s"\nincrement = "60/60"\n')
    assert [(step.from_ms, step.per_ms, step.increment_ms) for step in alike.steps] == [
        (0, 6_000, 60_000)
    ]
    [apart] = rates_of(RATE + 'price_per_minute = "0.12"\nincrement = "30s/6s"\n')
    assert [(step.from_ms, step.increment_ms) for step in apart.steps] == [
        (0, 30_000),
        (30_000, 6_000),
    ]


def test_everything_a_rate_can_say_is_read() -> None:
    [enterprise, rate] = rates_of(
        RATE
        + """price_per_minute = 0
increment = 60
[[rate]]
id = "share"
party = "caller"
relation = "local"
calling_kind = "landline"
answering_kind = "none"
connect_fee = "0.05"
minimum = "0.10"
maximum = "9"
rounding = "half_even"
decimals = 2
[[rate.step]]
from = "0s"
price = "0.22"
per = "3min"
increment = "3min"
[[rate.step]]
from = "3min"
price_per_minute = "0.11"
increment = "60s"
"""
    )
    assert enterprise.steps[0].price_micros == 0
    assert rate == Rate(
        rate_id="share",
        party="caller",
        relation="local",
        calling_kind="landline",
        answering_kind="none",
        connect_fee_micros=50_000,
        minimum_micros=100_000,
        maximum_micros=9_000_000,
        steps=(
            RateStep(from_ms=0, price_micros=220_000, per_ms=180_000, increment_ms=180_000),
            RateStep(from_ms=180_000, price_micros=110_000, per_ms=60_000, increment_ms=60_000),
        ),
        rounding="half_even",
        decimals=2,
    )


def test_a_rate_without_an_id_is_named_for_what_it_matches() -> None:
    price = "price_per_minute = 1\nincrement = 60\n"
    rates = rates_of(
        RATE
        + price
        + '[[rate]]\nparty = "enterprise"\nrelation = "local"\ncalling_kind = "mobile"\n'
        + 'answering_kind = "landline"\n'
        + price
    )
    assert [rate.rate_id for rate in rates] == [
        "enterprise",
        "enterprise local from-mobile to-landline",
    ]


PRICE = "price_per_minute = 1\nincrement = 60\n"


def test_everything_a_rate_can_match_is_read_and_is_its_name() -> None:
    band_and_zone = """[[band]]
name = "night"
[[zone]]
name = "south"
provinces = [44]
"""
    [version] = parse_rate_plan(
        HEAD.removesuffix("[[rate]]\n")
        + band_and_zone
        + "[[rate]]\n"
        + RATE
        + PRICE
        + """prefix = "86755"
calling_area = "0755"
calling_province = "广东"
zone = "south"
answering_area = 110010
answering_province = "Beijing"
relation = "long_distance"
calling_kind = "mobile"
answering_kind = "landline"
band = "night"
""",
        file="plan.toml",
    )
    [rate] = version.rates
    assert rate.match == (
        "86755",
        440755,
        44,
        "south",
        110010,
        11,
        "long_distance",
        "mobile",
        "landline",
    )
    assert rate.band == "night"
    assert rate.precedence == (5, 1, 1, 1, 1, 1, 1, 1, 1)
    assert rate.rate_id == (
        "enterprise 86755 from-0755 from-Guangdong zone-south long_distance from-mobile "
        "to-010 to-Beijing to-landline in-night"
    )


def test_a_longer_prefix_outranks_whatever_else_is_named() -> None:
    [longer, named, region, kinds] = rates_of(
        "[[rate]]\n".join(
            RATE + PRICE + matchers
            for matchers in (
                'prefix = "867"\n',
                'prefix = "86"\ncalling_area = "0755"\n',
                'calling_province = "广东"\n',
                'relation = "local"\ncalling_kind = "mobile"\nanswering_kind = "landline"\n',
            )
        )
    )
    ranks = [rate.precedence for rate in (longer, named, region, kinds)]
    assert ranks == sorted(ranks, reverse=True)


def test_a_quantity_is_priced_by_units() -> None:
    [rate] = rates_of(RATE + 'price = "0.01"\nper = "1048576 units"\nincrement = "1 unit"\n')
    assert rate.steps == (
        RateStep(from_ms=0, price_micros=10_000, per_ms=1_048_576_000, increment_ms=1_000),
    )


INCREMENT_FAULT = (
    '`increment`: expected a duration above 0 such as "60s", or first/next such as "30/6"'
)


@pytest.mark.parametrize(
    ("section", "faults"),
    [
        (
            "increment = 60\n" + RATE,
            [(3, "expected either `price_per_minute`, or `price` and `per`")],
        ),
        (
            RATE + PRICE + "price = 1\n",
            [(3, "expected either `price_per_minute`, or `price` and `per`")],
        ),
        (RATE + "price = 1\nincrement = 60\n", [(3, "`per` is missing")]),
        (RATE + "per = 60\nincrement = 60\n", [(3, "`price` is missing")]),
        (RATE + "price = 1\nper = 0\nincrement = 60\n", [(6, "`per`: expected more than 0")]),
        (RATE + "price_per_minute = 1\n", [(3, "`increment` is missing")]),
        (
            RATE + 'price_per_minute = 1\nincrement = "0/6"\n',
            [(6, INCREMENT_FAULT)],
        ),
        (
            RATE + 'price_per_minute = 1\nincrement = "60/6/6"\n',
            [(6, INCREMENT_FAULT)],
        ),
        (
            RATE + "price_per_minute = 1\nincrement = 0\n",
            [(6, INCREMENT_FAULT)],
        ),
        (
            RATE + 'price_per_minute = 1\nincrement = "two"\n',
            [
                (
                    6,
                    "`increment`: expected a duration up to 24 h in whole milliseconds "
                    'such as "60s", got "two"',
                )
            ],
        ),
        (
            RATE + PRICE + "minimum = 2\nmaximum = 1\n",
            [(7, "`minimum` is above `maximum`")],
        ),
        (
            RATE + PRICE + 'rounding = "none"\ndecimals = 6\n',
            [(8, '`decimals` has no meaning where rounding = "none"')],
        ),
        (
            RATE + PRICE + "decimals = 7\n",
            [(7, "`decimals`: expected a whole number from 0 to 6, got 7")],
        ),
        (
            RATE + PRICE + 'calling_kind = "none"\n',
            [
                (
                    7,
                    "`calling_kind`: expected one of unknown, landline, mobile, service, "
                    'international, privacy, got "none"',
                )
            ],
        ),
        (
            RATE + PRICE + 'calling_area = "0755"\ncalling_province = "湖南"\n',
            [(7, "0755 lies in Guangdong, not in Hunan")],
        ),
        (
            RATE + PRICE + 'answering_kind = "none"\nanswering_area = "0755"\n',
            [(7, 'where "none" answered there is no answering place')],
        ),
        (
            RATE + PRICE + f'prefix = "{"8" * 65}"\n',
            [
                (
                    7,
                    f'`prefix`: expected a prefix of at most 60 bytes, got "{"8" * 56}...',
                )
            ],
        ),
        (
            RATE + PRICE + "[[rate]]\n" + RATE + PRICE,
            [(7, "this rate matches the same calls as the one in line 3")],
        ),
        (
            RATE + PRICE + 'id = "a"\n[[rate]]\nparty = "caller"\nid = "a"\n' + PRICE,
            [(8, 'rate id "a" is taken in line 3')],
        ),
        ('party = "caller"\n' + PRICE, [(1, "the plan has no rate for the enterprise")]),
        (
            RATE + PRICE + "step = []\n",
            [
                (5, "`price_per_minute` stands in the [[rate.step]] sections where there are any"),
                (6, "`increment` stands in the [[rate.step]] sections where there are any"),
                (7, "expected 1 to 32 steps, got 0"),
            ],
        ),
        (
            RATE + ("[[rate.step]]\nfrom = 1\n" + PRICE + "[[rate.step]]\nfrom = 1\n" + PRICE),
            [
                (6, 'the first step begins at from = "0s"'),
                (10, "steps stand in ascending order of `from`, each from another moment"),
            ],
        ),
        (
            RATE + "[[rate.step]]\nprice_per_minute = 1\nincrement = 0\nlength = 1\n",
            [
                (5, "`from` is missing"),
                (7, "`increment`: expected more than 0"),
                (8, "unknown key `length`"),
            ],
        ),
        (
            RATE + "".join(f"[[rate.step]]\nfrom = {n}\n{PRICE}" for n in range(33)),
            [(5, "expected 1 to 32 steps, got 33")],
        ),
    ],
)
def test_each_fault_of_a_rate_is_told_with_its_line(
    section: str, faults: list[tuple[int, str]]
) -> None:
    assert faults_of(section) == faults


def test_steps_whose_prices_have_no_common_unit_are_refused() -> None:
    # The smallest common multiple of these odd times has more than 42 bits.
    steps = "".join(
        f'[[rate.step]]\nfrom = {n}\nprice = "0.000001"\nper = "{per}ms"\nincrement = 1\n'
        for n, per in enumerate((86_399_999, 86_399_993, 86_399_987))
    )
    [(line, message)] = faults_of(RATE + steps)
    assert line == 3
    assert "no common multiple" in message


def test_a_prefix_is_as_long_as_its_bytes_are() -> None:
    # 20 Chinese characters of three bytes each are 60 bytes, the most; 21 are 63.
    [rate] = rates_of(RATE + PRICE + f'prefix = "{"店" * 20}"\n')
    assert rate.prefix == "店" * 20
    [(line, message)] = faults_of(RATE + PRICE + f'prefix = "{"店" * 21}"\n')
    assert line == 3 + (RATE + PRICE).count("\n") + 1
    assert message.startswith("`prefix`: expected a prefix of at most 60 bytes")
