from datetime import UTC, datetime

import pytest

START, ANSWER, END = "2026-03-01 09:30:00", "2026-03-01 09:30:04", "2026-03-01 09:31:05"


def csv_line(
    *,
    clid: str = '"""Li"" <13912340001>"',
    dst: str = "4008001234",
    channel: str = "PJSIP/301-0000002b",
    app: str = "Dial",
    data: str = "PJSIP/301,30,t",
    answer: str = ANSWER,
    billsec: str = "61",
    disposition: str = "ANSWERED",
    added: tuple[str, ...] = ("1772328600.7", "", "", "1772328600.7", "12"),
) -> bytes:
    fields = ["", "13912340001", dst, "in", "", "PJSIP/carrier-0000002a", channel, app]
    times = [data, START, answer, END, "65", billsec, disposition, "DOCUMENTATION"]
    quoted = [f'"{field}"' for field in (*fields, *times, *added)]
    quoted[4] = clid
    return ",".join(quoted).encode() + b"\n"


def custom_line(*, answer: str = ANSWER, billsec: str = "61", added: tuple[str, ...]) -> bytes:
    fields = ['"Li" <13912340001>', "13912340001", "4008001234", "in", "PJSIP/carrier-0000002a"]
    peer = ["PJSIP/301-0000002b", "Dial", "PJSIP/301", START, answer, END, "65", billsec]
    last = ["ANSWERED", "DOCUMENTATION", "sales", "1772328600.7", "", *added]
    quoted = [f'"{field.replace(chr(34), chr(34) * 2)}"' for field in (*fields, *peer, *last)]
    return ",".join(quoted).encode() + b"\n"


def test_a_row_of_21_columns_is_keyed_by_uniqueid_linkedid_and_sequence(decode_file) -> None:
    first = csv_line()
    other = csv_line(added=("1772328600.9", "", "", "1772328600.7", "14"))
    cdrs = decode_file("asterisk_csv", first + other).cdrs
    assert [(cdr["call_id"], cdr["leg"], cdr["group_id"], cdr["sequence"]) for cdr in cdrs] == [
        ("1772328600.7", "12", "1772328600.7", 12),
        ("1772328600.9", "1772328600.7#14", "1772328600.7", 14),
    ]


def test_an_answered_row_states_its_length_from_the_answer(decode_file) -> None:
    (cdr,) = decode_file("asterisk_csv", csv_line()).cdrs
    assert (cdr["calling_number_raw"], cdr["service_number_raw"]) == ("13912340001", "4008001234")
    assert cdr["setup_at"] == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert cdr["answered_at"] == datetime(2026, 3, 1, 1, 30, 4, tzinfo=UTC)
    assert cdr["released_at"] == datetime(2026, 3, 1, 1, 31, 5, tzinfo=UTC)
    assert (cdr["billable_ms"], cdr["billable_from"]) == (61_000, "answered")
    assert (cdr["bridged_at"], cdr["bridged_stated"], cdr["cause"]) == (None, False, 16)
    assert cdr["answering_number_raw"] == "301"


def test_the_disposition_decides_nothing(decode_file) -> None:
    early_answer = csv_line(disposition="NO ANSWER", billsec="60")
    answered_zero = csv_line(billsec="0")
    unanswered = csv_line(disposition="ANSWERED", answer="", billsec="0")
    cdrs = decode_file("asterisk_csv", early_answer + answered_zero + unanswered).cdrs
    assert [(cdr["billable_ms"], cdr["answered_at"] is None) for cdr in cdrs] == [
        (60_000, False),
        (0, False),
        (None, True),
    ]
    assert cdrs[2]["answering_number_raw"] is None


@pytest.mark.parametrize(
    ("app", "data", "channel", "peer"),
    [
        ("Dial", "SIP/13812340002@carrier,60", "SIP/carrier-0000000c", "13812340002"),
        ("Dial", "SIP/carrier/13812340002,60", "SIP/carrier-0000000c", "13812340002"),
        ("Dial", "PJSIP/301/sip:301@10.1.2.3:5060,20", "PJSIP/301-0000000c", "301"),
        ("Dial", "SIP/301&SIP/302,20", "SIP/302-0000000c", "302"),
        ("Dial", "SIP/301&SIP/200@carrier,20", "SIP/carrier-0000000c", None),
        ("Dial", "Local/desk@queue,20", "Local/desk@queue-00000001;1", None),
        ("Dial", "DAHDI/1,20", "DAHDI/1-1", None),
        ("Hangup", "", "", None),
        ("Queue", "sales", "SIP/305-0000000c", "305"),
    ],
)
def test_the_answering_number_is_the_dialled_peer_where_it_is_a_number(
    decode_file, app, data, channel, peer
) -> None:
    (cdr,) = decode_file("asterisk_csv", csv_line(app=app, data=data, channel=channel)).cdrs
    assert cdr["answering_number_raw"] == peer


# Where no sequence tells the attempts of a call apart: channel, start and end of the attempt.
ATTEMPT = "PJSIP/301-0000002b|1772328600000000|1772328665000000"


@pytest.mark.parametrize(
    ("added", "key"),
    [
        (("u.1",), ("u.1", ATTEMPT, "u.1", None)),
        (("u.1", "note"), ("u.1", ATTEMPT, "u.1", None)),
        (("u.1", "", "l.1", "3"), ("u.1", "l.1#3", "l.1", 3)),
        (("u.1", "note", "", "u.1", "3"), ("u.1", "3", "u.1", 3)),
    ],
)
def test_what_cdr_conf_adds_is_told_by_the_number_of_columns(decode_file, added, key) -> None:
    (cdr,) = decode_file("asterisk_csv", csv_line(added=added)).cdrs
    assert (cdr["call_id"], cdr["leg"], cdr["group_id"], cdr["sequence"]) == key


@pytest.mark.parametrize("added", [(), ("peer", "l.1", "3")])
def test_rows_logged_without_uniqueid_are_unreadable(decode_file, added) -> None:
    decoded = decode_file("asterisk_csv", csv_line(added=added))
    assert decoded.details == ["expected uniqueid: the call's id (loguniqueid=yes), came none"]


def test_a_row_with_a_wrong_number_of_columns_is_unreadable(decode_file) -> None:
    decoded = decode_file("asterisk_csv", csv_line(added=("u.1",) * 6))
    assert decoded.details == ["expected 16 to 21 columns, came 22"]


def test_broken_quotes_and_control_bytes_in_a_name_do_not_matter(decode_file) -> None:
    lines = csv_line(clid='"Li "the boss" <1>"') + csv_line(clid='"\x01\x02" <1>').replace(
        b"\x02", b"\xff\xfe"
    )
    assert [cdr["billable_ms"] for cdr in decode_file("asterisk_csv", lines).cdrs] == [61_000] * 2


def test_a_prefixed_uniqueid_is_an_id_like_any_other(decode_file) -> None:
    key = "north-1772328600.7"
    (cdr,) = decode_file("asterisk_csv", csv_line(added=(key, "", "", key, "0"))).cdrs
    assert (cdr["call_id"], cdr["leg"]) == (key, "0")


@pytest.mark.parametrize(
    ("added", "key"),
    [((), (ATTEMPT, None)), (("5",), ("5", 5)), (("l.9", "5"), ("l.9#5", 5))],
)
def test_cdr_custom_has_the_caller_id_first_and_18_to_20_columns(decode_file, added, key) -> None:
    (cdr,) = decode_file("asterisk_custom", custom_line(added=added)).cdrs
    assert cdr["call_id"] == "1772328600.7"
    assert (cdr["leg"], cdr["sequence"]) == key
    assert cdr["billable_ms"] == 61_000


def test_high_resolution_seconds_keep_their_milliseconds(decode_file) -> None:
    (cdr,) = decode_file("asterisk_custom", custom_line(billsec="59.987654", added=("5",))).cdrs
    assert cdr["billable_ms"] == 59_987


FREEPBX = (
    "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,"
    "disposition,amaflags,accountcode,uniqueid,userfield,did,linkedid,sequence\n"
)


def freepbx_row(calldate: str, *, billsec: str, disposition: str) -> str:
    return (
        f"{calldate},Li,13912340001,600,ext-group,PJSIP/carrier-01,PJSIP/301-02,Dial,PJSIP/301,"
        f"65,{billsec},{disposition},3,,1772328600.7,,4008001234,1772328600.7,2\n"
    )


@pytest.mark.parametrize("calldate", ["2026-03-01 09:30:00", "2026/3/1 9:30:00", "2026/3/1 9:30"])
def test_a_table_with_a_header_is_mapped_by_its_names(decode_file, calldate) -> None:
    data = FREEPBX + freepbx_row(calldate, billsec="61", disposition="ANSWERED")
    (cdr,) = decode_file("asterisk_custom", data.encode()).cdrs
    assert cdr["row"] == 1
    assert cdr["service_number_raw"] == "4008001234"
    assert cdr["setup_at"] == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    # No answer and end columns: start + 65 s is the end, and 61 s before it is the answer.
    assert cdr["answered_at"] == datetime(2026, 3, 1, 1, 30, 4, tzinfo=UTC)
    assert cdr["released_at"] == datetime(2026, 3, 1, 1, 31, 5, tzinfo=UTC)
    assert cdr["billable_ms"] == 61_000


def test_without_an_answer_column_the_disposition_states_an_answer_of_no_length(
    decode_file,
) -> None:
    rows = [
        freepbx_row("2026-03-01 09:30:00", billsec="0", disposition="ANSWERED"),
        freepbx_row("2026-03-01 09:30:00", billsec="0", disposition="NO ANSWER"),
    ]
    cdrs = decode_file("asterisk_csv", (FREEPBX + "".join(rows)).encode()).cdrs
    assert [(cdr["billable_ms"], cdr["answered_at"] is None) for cdr in cdrs] == [
        (0, False),
        (None, True),
    ]


def test_the_zone_of_the_stamps_is_the_source_s(decode_file) -> None:
    (cdr,) = decode_file("asterisk_csv", csv_line(), tz="UTC").cdrs
    assert cdr["setup_at"] == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
