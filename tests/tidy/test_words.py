"""Words that say nothing, or that belong to no reader of the code, are not in it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
EMPTY_NAMES = {
    "manager", "helper", "helpers", "util", "utils", "common", "misc", "base", "core", "handler",
    "processor", "engine", "models", "types", "lib",
}  # fmt: skip
BANNED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|/work/|\.\./shared|dead letter", re.IGNORECASE)
SOURCES = sorted(
    path
    for folder in ("cdrpipe", "docs", "tests", "benchmarks")
    for pattern in ("*.py", "*.pyx", "*.pxd", "*.pyi", "*.sql", "*.toml", "*.md", "*.po")
    for path in (ROOT / folder).rglob(pattern)
    if path != Path(__file__)
)
MODULES = sorted((ROOT / "cdrpipe").rglob("*.py"))


def test_no_banned_word_stands_in_a_file():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if BANNED.search(line)
    ]
    assert found == []


def test_no_module_or_class_has_an_empty_name():
    for path in MODULES:
        assert path.stem not in EMPTY_NAMES, path
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                last_word = re.findall(r"[A-Z][a-z0-9]*", node.name)[-1].lower()
                assert last_word not in EMPTY_NAMES, (path, node.name)
