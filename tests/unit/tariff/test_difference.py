"""What two plans say differently: everything, once, in the words of the file."""

from dataclasses import fields, replace

import pytest

from cdrpipe.tariff.difference import Difference, plan_differences
from cdrpipe.tariff.rate_deck import parse_rate_plan
from cdrpipe.tariff.rate_plan import RatePlanVersion

PLAN = """\
id = "p"
valid_from = 2026-01-01
monthly_rental = 300
free_numbers = ["13800138000"]

[[band]]
name = "night"
from = "21:00"
until = "07:00"

[[zone]]
name = "south"
provinces = [44]

[[rate]]
party = "enterprise"
price_per_minute = "0.12"
increment = "60s"

[[rate]]
id = "by night"
party = "enterprise"
band = "night"
zone = "south"
price_per_minute = "0.06"
increment = "60s"

[allowance]
minutes_per_month = 500
"""


def versions_of(text: str) -> tuple[RatePlanVersion, ...]:
    return parse_rate_plan(text, file="p.toml")


def rows(new: str, old: str = PLAN) -> list[tuple[str, str, str, str, str, str]]:
    return [
        (each.part, each.name, each.change, each.field, each.old, each.new)
        for each in plan_differences(versions_of(old), versions_of(new))
    ]


def test_the_same_meaning_in_other_words_is_no_difference() -> None:
    other = PLAN.replace('"0.12"', "0.1200").replace('"60s"', '"1min"').replace("300", '"300.0"')
    assert rows(other) == []
    assert rows("# A comment.\n" + other) == []


def test_the_order_of_rates_has_no_meaning() -> None:
    head, first, rest = PLAN.split("[[rate]]")
    second, allowance = rest.split("[allowance]")
    assert rows(f"{head}[[rate]]{second}[[rate]]{first}[allowance]{allowance}") == []


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        (
            "rental = 300",
            "rental = 320",
            ("version", "", "changed", "monthly_rental", "300", "320"),
        ),
        (
            "2026-01-01",
            "2026-02-01",
            ("version", "", "changed", "valid_from", "2026-01-01", "2026-02-01"),
        ),
        (
            "month = 500",
            "month = 600",
            ("version", "", "changed", "allowance.minutes_per_month", "500", "600"),
        ),
        (
            '["13800138000"]',
            '["13800138001"]',
            ("version", "", "changed", "free_numbers", "8613800138000", "8613800138001"),
        ),
        (
            'until = "07:00"',
            'until = "06:30"',
            ("band", "night", "changed", "until", "07:00", "06:30"),
        ),
        (
            "provinces = [44]",
            'provinces = [44]\nareas = ["010"]',
            ("zone", "south", "changed", "areas", "", "010"),
        ),
        (
            '"0.06"',
            '"0.07"',
            (
                "rate",
                "by night",
                "changed",
                "steps",
                "from 0s 0.06 per 60s by 60s",
                "from 0s 0.07 per 60s by 60s",
            ),
        ),
        # The id stays, the matcher changes: one rate changed, none was added or removed.
        (
            'zone = "south"\nprice',
            'zone = "south"\nrelation = "local"\nprice',
            ("rate", "by night", "changed", "relation", "", "local"),
        ),
        # The matchers stay, the id changes.
        (
            'id = "by night"',
            'id = "nightly"',
            ("rate", "nightly", "changed", "id", "by night", "nightly"),
        ),
    ],
)
def test_a_change_is_one_row_with_both_values(
    old: str, new: str, row: tuple[str, str, str, str, str, str]
) -> None:
    assert rows(PLAN.replace(old, new)) == [row]


def test_a_rate_that_only_one_side_has_is_added_or_removed() -> None:
    more = PLAN + '\n[[rate]]\nparty = "caller"\nprice_per_minute = 0.1\nincrement = 60\n'
    [added] = rows(more)
    assert added[:3] == ("rate", "caller", "added")
    assert added[4] == ""
    assert "from 0s 0.1 per 60s by 60s" in added[5]
    [removed] = rows(PLAN, more)
    assert removed[:3] == ("rate", "caller", "removed")
    assert (removed[4], removed[5]) == (added[5], "")


def test_a_term_that_only_one_side_has_shows_each_of_its_keys() -> None:
    minimum = PLAN + "\n[minimum]\nper_month = 40\n"
    assert rows(minimum) == [
        ("version", "", "changed", "minimum.per_month", "", "40"),
        ("version", "", "changed", "minimum.per", "", "account"),
        ("version", "", "changed", "minimum.owed_in_opening_month", "", "false"),
    ]


def test_plan_id_and_version_number_name_what_is_compared() -> None:
    other = PLAN.replace('id = "p"', 'id = "q"\nname = "p"\nversion = 7', 1)
    assert rows(other) == []


def test_of_several_versions_those_of_one_number_are_compared() -> None:
    def plan(*numbers: tuple[int, str]) -> str:
        rate = '[[version.rate]]\nparty = "enterprise"\nprice_per_minute = 1\nincrement = 60\n'
        return 'id = "p"\n' + "".join(
            f"[[version]]\nversion = {number}\nvalid_from = {number + 2020}-01-01\n"
            f"valid_until = {number + 2021}-01-01\nmonthly_rental = {rental}\n{rate}"
            for number, rental in numbers
        )

    found = plan_differences(
        versions_of(plan((1, "10"), (2, "20"))), versions_of(plan((2, "25"), (3, "30")))
    )
    assert [(each.version, each.change, each.field, each.old, each.new) for each in found] == [
        (1, "removed", "", "valid_from 2021-01-01, valid_until 2022-01-01", ""),
        (2, "changed", "monthly_rental", "20", "25"),
        (3, "added", "", "", "valid_from 2023-01-01, valid_until 2024-01-01"),
    ]


CHANGED_VALUES = {
    "name": "n", "tz": "Asia/Tokyo", "valid_from_us": 0, "valid_until_us": 2**50, "split": "rest",
    "rates": (), "bands": (), "zones": (), "band_option": "split", "prefix_of": "service_number",
    "calendar": "cn", "free_numbers": (), "monthly_rental_micros": 1, "activation_fee_micros": 1,
    "number_fee_micros": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED_VALUES)
def test_no_field_of_a_version_goes_unseen(name: str) -> None:
    [version] = versions_of(PLAN)
    other = replace(version, **{name: CHANGED_VALUES[name]})
    assert plan_differences([version], [other]) != ()


def test_every_field_is_either_compared_here_or_a_term_or_a_name() -> None:
    terms = {"function_fees", "allowance", "minimum", "pool", "prepaid"}
    names = {field.name for field in fields(RatePlanVersion)}
    # The class is not the plan's: it marks a version as priced for accounts of one.
    assert names == CHANGED_VALUES.keys() | terms | {"plan_id", "version", "top_up_class_micros"}
    assert all(isinstance(each, Difference) for each in plan_differences((), ()))


def test_all_terms_are_written_in_the_words_of_the_file() -> None:
    terms = (
        "\n[pool]\nprice = 3000\nminutes = 25000\nvalid_months = 36\n"
        "[function_fees]\nmenu = 5\n"
        "[prepaid]\ntop_up_min = 600\ntop_up_minimum_months = 3\n"
        '[[prepaid.class]]\ntop_up_min = 1000\nprice_per_minute = "0.1"\n'
    )
    assert {(row[3], row[5]) for row in rows(PLAN + terms)} == {
        ("function_fees", "menu 5"),
        ("pool.price", "3000"),
        ("pool.minutes", "25000"),
        ("pool.valid_months", "36"),
        ("pool.renewal_restarts_period", "false"),
        ("prepaid.top_up_min", "600"),
        ("prepaid.top_up_minimum_months", "3"),
        ("prepaid.classes", "from 1000 0.1 a minute"),
    }
