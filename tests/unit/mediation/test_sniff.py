import pyarrow as pa
import pytest

from cdrpipe.mediation.cucm import NEEDED
from cdrpipe.mediation.sniff import sniff

UUID = "0f7d1c52-11aa-4b6e-9d02-5a61c3e7f001"
FREESWITCH = (
    f"Li,1,4008001234,public,2026-03-01 09:30:00,,2026-03-01 09:30:09,9,0,NO_ANSWER,{UUID},,,,\n"
)
AMA = "2026-03-01 09:30:00,,2026-03-01 09:30:09,9,0,NO ANSWER,DOCUMENTATION"
ASTERISK = f",1,4008001234,in,Li,SIP/a-1,SIP/b-2,Dial,SIP/b,{AMA},u.1,,,u.1,3\n"
CUSTOM = f"Li,1,4008001234,in,SIP/a-1,SIP/b-2,Dial,SIP/b,{AMA},sales,u.1,,3\n"


def arrow() -> str:
    table = pa.table({"call_id": ["c"], "service_number": ["4"]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes().decode("latin-1")


@pytest.mark.parametrize(
    ("head", "name", "evidence"),
    [
        (FREESWITCH, "freeswitch_csv", "15 columns, uuid in column 11, start stamp in column 5"),
        (
            FREESWITCH.replace("-03-01 09:30:0", "/3/1 9:3"),
            "freeswitch_csv",
            "15 columns, uuid in column 11, start stamp in column 5",
        ),
        (
            ASTERISK,
            "asterisk_csv",
            "21 columns, start and end in columns 10 and 12, disposition in column 15",
        ),
        (
            CUSTOM,
            "asterisk_custom",
            "19 columns, start and end in columns 9 and 11, disposition in column 14",
        ),
        (
            "calldate,src,dst,billsec\n",
            "asterisk_custom",
            "a header of 4 columns names src, dst and billsec",
        ),
        (
            "accountcode,src,dst,start,billsec\n",
            "asterisk_csv",
            "a header of 5 columns names src, dst and billsec",
        ),
        (
            ",".join(NEEDED) + "\n",
            "cucm",
            "a header of 14 columns names pkid and finalCalledPartyNumber",
        ),
        (
            "call_id,service_number\nc,4\n",
            "native_csv",
            "a header of 2 columns names call_id and service_number",
        ),
        (
            '{"call_id":"c","service_number":"4"}\n{"call_id":"d","ser',
            "native_json",
            "one JSON object a line, with call_id and service_number",
        ),
        (
            '{\n "core-uuid": "c0",\n "channel_data": {',
            "freeswitch_json",
            "JSON documents with core-uuid or switchname, and variables or channel data",
        ),
        (
            "cdr=%7B%22core-uuid%22%3A%22c0%22%2C%22variables%22%3A%7B%22uui",
            "freeswitch_json",
            "JSON documents with core-uuid or switchname, and variables or channel data",
        ),
        (
            arrow(),
            "native_arrow",
            "an Arrow IPC stream with columns call_id and service_number",
        ),
    ],
)
def test_a_file_s_first_bytes_tell_its_format(head, name, evidence) -> None:
    found = sniff(head.encode("latin-1"), "day.cdr")
    assert found is not None
    assert (found.file, found.format, found.evidence) == ("day.cdr", name, evidence)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n\n",
        b"\x00\x01\x02\x03",
        bytes(range(256)) * 8,
        b"\x1f\x8b\x08\x00\x00\x00",
        b"ARROW1\x00\x00",
        b"\xff\xff\xff\xff\x10",
        b"PAR1",
        b"hello\nworld\n",
        b"a,b,c\n1,2,3\n",
        b"{}\n",
        b"[1, 2]",
        b'{"variables": {}}',
        b"[" * 70_000,
    ],
)
def test_a_file_of_no_known_source_is_not_guessed(head) -> None:
    assert sniff(head, "day.cdr") is None


def test_one_broken_line_does_not_mislead() -> None:
    head = 'Li,"1,broken\n' + FREESWITCH * 3
    found = sniff(head.encode(), "Master.csv")
    assert found is not None
    assert found.format == "freeswitch_csv"
