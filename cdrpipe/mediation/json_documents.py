"""Text of one JSON document or many -> the documents, each with its bytes.

Documents may stand one a line, one behind the other over many lines, or as elements of one array.
A document that is broken ends where the next one begins at the start of a line.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

_DECODER = json.JSONDecoder(strict=False)
_WHITESPACE = " \t\r\n\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document: its value, or why there is none, and the bytes it came as."""

    value: object
    fault: str | None
    raw: bytes


def load_lenient(data: bytes) -> object:
    """Parse one JSON document, forgiving control bytes and wrong UTF-8 inside its texts.

    Raises
    ------
    ValueError
        It is no JSON, or nests too deep.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        strict = str(error)
    try:
        return json.loads(data.decode("utf-8", "replace").removeprefix("\ufeff"), strict=False)
    except (ValueError, RecursionError):
        raise ValueError(strict) from None


def documents_of(data: bytes) -> list[Document]:
    """Cut a text into its JSON documents; an array gives its elements."""
    try:
        value = load_lenient(data)
    except ValueError:
        return list(_documents_in_a_row(data))
    if not isinstance(value, list):
        return [Document(value=value, fault=None, raw=data.strip())]
    return [Document(value=element, fault=None, raw=json_bytes(element)) for element in value]


def json_bytes(value: object) -> bytes:
    """Write a value as JSON; what orjson cannot write (lone surrogates) is escaped."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode("ascii")


def _documents_in_a_row(data: bytes) -> Iterator[Document]:
    # surrogateescape keeps every byte, so that a document's bytes are those that came.
    text = data.decode("utf-8", "surrogateescape")
    position = _skip_blanks(text, 0)
    while position < len(text):
        value, fault = None, None
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            resumed = text.find("\n{", position)
            end = len(text) if resumed < 0 else resumed + 1
            fault = f"expected a JSON document, came one that ends or breaks: {error}"
        raw = text[position:end].rstrip("\r\n").encode("utf-8", "surrogateescape")
        yield Document(value=value, fault=fault, raw=raw)
        position = _skip_blanks(text, end)


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position] in _WHITESPACE:
        position += 1
    return position
