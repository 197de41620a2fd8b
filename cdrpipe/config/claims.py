"""What is said of wrong settings, in plain words, and never of a value that may be secret."""

import difflib
from collections.abc import Mapping
from typing import Any

from cdrpipe.config.settings import PROPERTIES

MASK = "**********"

_SECTION = "a section of settings"
_SECRET_WORDS = ("password", "passwd", "secret", "token", "credential", "key", "oauth", "jaas")
# What pydantic's kinds of error say in plain words; "{ge}" and the like are the bound.
_EXPECTED = {
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "tuple_type": "a list of words, or words with commas between",
    "too_short": "at least one",
    "path_type": "a path",
    "literal_error": "{expected}",
    "dict_type": _SECTION,
    "model_type": _SECTION,
    "model_attributes_type": _SECTION,
}


def claim(dotted: str, detail: Mapping[str, Any]) -> str:
    """Say what was expected and what came, in one half sentence."""
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    bounds = detail.get("ctx", {})
    expected = _EXPECTED.get(detail["type"], "another value").format(**bounds)
    if detail["type"] == "literal_error":
        expected += _nearest(detail["input"], bounds["expected"])
    value = detail["input"]
    is_text_for_section = expected == _SECTION and isinstance(value, str)
    return f"expected {expected}, got {'text' if is_text_for_section else _told(dotted, value)}"


def _nearest(value: object, expected: str) -> str:
    """Point to the word that was likely meant among the quoted ones."""
    near = difflib.get_close_matches(str(value), expected.split("'")[1::2], n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _told(dotted: str, value: object) -> str:
    """Repeat a value in a message, unless it may be secret or is more than one."""
    if _is_secret(dotted):
        return "something else"
    match value:
        case "" | [] | ():
            return "nothing"
        case str() | bool():
            return repr(value)
        case Mapping():
            return "a section"
        case list() | tuple():
            return "a list"
    return str(value)


def masked(dotted: str, value: object) -> str:
    """Write a value for ``config show``; one that may be secret as asterisks."""
    if _is_secret(dotted):
        return MASK
    if isinstance(value, tuple | list):
        return ",".join(str(part) for part in value)
    return "" if value is None else str(value)


def _is_secret(dotted: str) -> bool:
    """Say whether a setting's value may be a secret: all of librdkafka's are taken for one."""
    is_property = dotted.startswith(".".join(PROPERTIES))
    return is_property or any(word in dotted.lower() for word in _SECRET_WORDS)
