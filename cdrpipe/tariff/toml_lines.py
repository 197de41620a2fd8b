"""Which line of a TOML text a table or key stands on.

``tomllib`` reads the values and forgets the lines; a fault in a rate deck needs them. The text
handed in here has been read by ``tomllib`` before, so this is no validator.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

# From the document down: names of keys, and positions within arrays of tables.
Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""
      (?P<comment>\#[^\n]*)
    | (?P<string>\"\"\"(?:\\.|[^\\])*?\"\"\"\"{0,2} | '''.*?''''{0,2}
                 | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
    | (?P<mark>[\[\]{}=,.\n])
    | (?P<bare>[^\s\[\]{}=,.\#"']+)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class TomlLines:
    """Lines, from 1, of the tables and keys of one document."""

    line_of_path: dict[Path, int]

    def line_of(self, path: Path) -> int:
        """Find the line of a table or key; of what stands inline, the line of what holds it."""
        while path and path not in self.line_of_path:
            path = path[:-1]
        return self.line_of_path.get(path, 1)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str | None  # comment | string | mark | bare
    text: str
    line: int


def locate(text: str) -> TomlLines:
    """Find the line of every table header and every key of a valid TOML document."""
    lines: dict[Path, int] = {}
    table_counts: dict[Path, int] = {}
    table: Path = ()
    for statement in _statements(text):
        if statement[0].text == "[":
            is_array = statement[1].text == "["
            table = _header_path(_names(statement), table_counts, is_array=is_array)
            lines.setdefault(table, statement[0].line)
            if is_array:
                lines.setdefault(table[:-1], statement[0].line)
        else:
            end = next(i for i, token in enumerate(statement) if token.text == "=")
            path = table
            for name in _names(statement[:end]):
                path = (*path, name)
                lines.setdefault(path, statement[0].line)
    return TomlLines(lines)


def _tokens(text: str) -> Iterator[_Token]:
    newline_positions = [match.start() for match in re.finditer("\n", text)]
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "comment":
            line = bisect_right(newline_positions, match.start() - 1) + 1
            yield _Token(match.lastgroup, match.group(), line)


def _statements(text: str) -> Iterator[list[_Token]]:
    """Cut the tokens into headers and assignments; a newline within brackets ends none."""
    statement: list[_Token] = []
    depth = 0
    for token in _tokens(text):
        if token.kind == "mark":
            depth += (token.text in "[{") - (token.text in "]}")
        if token.text != "\n":
            statement.append(token)
        elif depth == 0 and statement:
            yield statement
            statement = []
    if statement:
        yield statement


def _names(tokens: list[_Token]) -> list[str]:
    """Give the names of a dotted key, quotes undone."""
    return [
        next(iter(tomllib.loads(f"{token.text} = 0"))) if token.kind == "string" else token.text
        for token in tokens
        if token.kind != "mark"
    ]


def _header_path(names: list[str], table_counts: dict[Path, int], *, is_array: bool) -> Path:
    """Resolve a header: a name that is an array of tables means its latest table."""
    path: Path = ()
    for name in names[:-1]:
        path = (*path, name)
        if path in table_counts:
            path = (*path, table_counts[path] - 1)
    path = (*path, names[-1])
    if is_array:
        position = table_counts.get(path, 0)
        table_counts[path] = position + 1
        path = (*path, position)
    return path
