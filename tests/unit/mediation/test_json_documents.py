import pytest

from cdrpipe.mediation.json_documents import (
    documents_of,
    json_bytes,
    load_lenient,
)

ONE = b'{\n "a": {\n  "b": 1\n }\n}'
TWO = b'{"a": 2}'


@pytest.mark.parametrize(
    "data",
    [
        ONE + b"\n" + TWO,
        ONE + TWO,
        b"[" + ONE + b"," + TWO + b"]",
        b'{"a": {"b": 1}}\n\n{"a": 2}\r\n',
        b"\xef\xbb\xbf" + ONE + b"\n" + TWO + b"\n",
    ],
)
def test_two_documents_are_found_however_they_stand(data: bytes) -> None:
    assert [document.value for document in documents_of(data)] == [{"a": {"b": 1}}, {"a": 2}]


def test_each_document_keeps_its_bytes() -> None:
    assert [document.raw for document in documents_of(ONE + b"\n" + TWO + b"\n")] == [ONE, TWO]
    assert [document.raw for document in documents_of(b"[" + ONE + b"]")] == [b'{"a":{"b":1}}']


def test_a_broken_document_ends_where_the_next_begins() -> None:
    first, second = documents_of(b'{"a": \xff1,,}\n' + TWO)
    assert first.fault is not None
    assert first.raw == b'{"a": \xff1,,}'
    assert (second.value, second.fault) == ({"a": 2}, None)


def test_wrong_utf8_and_control_bytes_inside_texts_are_forgiven() -> None:
    assert load_lenient(b'{"a": "\xff\x01"}') == {"a": "\ufffd\x01"}


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b'{"a": 1} x', b"1" * 5_000])
def test_what_is_no_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"line 1 column|empty|depth|unexpected|recursion|EOF|end"):
        load_lenient(data)


def test_lone_surrogates_are_written_as_escapes() -> None:
    assert json_bytes({"a": "\ud800"}) == b'{"a": "\\ud800"}'
