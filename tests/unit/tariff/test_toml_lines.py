import tomllib

import pytest

from cdrpipe.tariff.toml_lines import locate

DOCUMENT = '''\
# a comment with [[brackets]] and = signs
id = "a # no comment [version]"
"quoted key" = 1
a.b.c = [
  1,  # in a list
  { d = 2 },
]

[fees]
text = """
[not.a.table]
key = "no key" """
other = '\'\'
x = 1\'\'\'

[[version]]
number = 1
[version.allowance]
minutes = 500
[[version.rate]]
party = "caller"

[[version.rate.step]]
from = 0

[[version.rate.step]]
from = 3
[[version]]
number = 2
[[version.rate]]
party = "enterprise"
'''


def test_the_document_is_toml() -> None:
    assert tomllib.loads(DOCUMENT)["fees"]["other"] == "x = 1"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("id",), 2),
        (("quoted key",), 3),
        (("a", "b", "c"), 4),
        (("a",), 4),
        (("a", "b", "c", 1, "d"), 4),
        (("fees",), 9),
        (("fees", "text"), 10),
        (("fees", "other"), 13),
        (("version",), 16),
        (("version", 0), 16),
        (("version", 0, "number"), 17),
        (("version", 0, "allowance", "minutes"), 19),
        (("version", 0, "rate", 0), 20),
        (("version", 0, "rate", 0, "step", 0, "from"), 24),
        (("version", 0, "rate", 0, "step", 1), 26),
        (("version", 1, "number"), 29),
        (("version", 1, "rate", 0, "party"), 31),
    ],
)
def test_tables_and_keys_are_found_at_their_lines(path: tuple[str | int, ...], line: int) -> None:
    assert locate(DOCUMENT).line_of(path) == line


def test_what_is_absent_is_found_where_its_table_stands() -> None:
    lines = locate(DOCUMENT)
    assert lines.line_of(("version", 0, "rate", 0, "price")) == 20
    assert lines.line_of(("nothing",)) == 1


def test_lines_are_counted_alike_with_carriage_returns() -> None:
    lines = locate(DOCUMENT.replace("\n", "\r\n"))
    assert lines.line_of(("version", 1, "rate", 0, "party")) == 31


def test_a_text_without_a_last_newline_ends_its_last_key() -> None:
    assert locate('a = 1\nb = "x"').line_of(("b",)) == 2
    assert locate("").line_of(("b",)) == 1
