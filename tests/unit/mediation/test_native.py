import pyarrow as pa

from cdrpipe.mediation.native_fields import NATIVE_FIELDS


def arrow(call_id: str) -> bytes:
    table = pa.table({"call_id": [call_id, call_id + "'"], "service_number": ["4", "4"]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def json_call(call_id: str) -> bytes:
    return f'{{"call_id": "{call_id}", "service_number": "4008001234"}}'.encode()


def csv_call(call_id: str) -> bytes:
    given = {"call_id": call_id, "service_number": "4008001234"}
    return ",".join(given.get(name, "") for name in NATIVE_FIELDS).encode()


def test_each_message_is_read_in_its_own_form_and_the_order_stays(decode_messages) -> None:
    decoded = decode_messages(
        "native",
        csv_call("a"),
        arrow("b"),
        b" [" + json_call("c") + b"]",
        b"call_id,service_number\nd,4\ne,4\n",
        b"\xef\xbb\xbf" + json_call("f"),
        json_call("g"),
    )
    assert [(cdr["offset"], cdr["row"], cdr["call_id"]) for cdr in decoded.cdrs] == [
        (0, 0, "a"),
        (1, 0, "b"),
        (1, 1, "b'"),
        (2, 0, "c"),
        (3, 0, "d"),
        (3, 1, "e"),
        (4, 0, "f"),
        (5, 0, "g"),
    ]
    assert decoded.batch.raw_of([0, 7]) == [csv_call("a"), json_call("g")]


def test_a_message_of_no_native_form_is_one_record(decode_messages) -> None:
    messages = (b"", b"hello", b"\x1f\x8b\x08\x00", b"ARROW1\x00\x00", b"\xff\xff\xff\xff")
    decoded = decode_messages("native", *messages, json_call("a"))
    assert [(row["offset"], row["raw"]) for row in decoded.unreadable] == list(enumerate(messages))
    assert {row["suspense_reason"] for row in decoded.unreadable} == {"MESSAGE_UNREADABLE"}
    expected = "expected JSON, an Arrow stream or CSV of 20 columns, came "
    assert decoded.details[0] == expected + "an empty message"
    assert decoded.details[1] == expected + "b'hello'"
    assert decoded.details[2] == expected + r"b'\x1f\x8b\x08\x00'"


def test_no_message_gives_an_empty_batch(decode_messages) -> None:
    assert decode_messages("native").batch.read_count == 0


def test_unreadable_messages_alone_give_no_call(decode_messages) -> None:
    decoded = decode_messages("native", b"?", b"!")
    assert (len(decoded.cdrs), len(decoded.unreadable)) == (0, 2)
