from datetime import UTC, datetime

PKID = "5d3a7c10-0000-4000-8000-00000000a001"
NAMES = (
    "cdrRecordType", "globalCallID_callManagerId", "globalCallID_callId", "origLegCallIdentifier",
    "dateTimeOrigination", "callingPartyNumber", "origCause_value", "originalCalledPartyNumber",
    "finalCalledPartyNumber", "destCause_value", "dateTimeConnect", "dateTimeDisconnect", "pkid",
    "duration", "globalCallId_ClusterID",
)  # fmt: skip
HEADER = ",".join(f'"{name}"' for name in NAMES) + "\n"
TYPES = "INTEGER,INTEGER,INTEGER,INTEGER,INTEGER,VARCHAR(50),INTEGER,VARCHAR(50)" + (
    ",VARCHAR(50),INTEGER,INTEGER,INTEGER,UNIQUEIDENTIFIER,INTEGER,VARCHAR(50)\n"
)


def line(**given: str) -> str:
    fields = dict.fromkeys(NAMES, "0") | {
        "globalCallID_callManagerId": "4",
        "globalCallID_callId": "9001",
        "origLegCallIdentifier": "77",
        "dateTimeOrigination": "1772328600",
        "callingPartyNumber": "13912340001",
        "originalCalledPartyNumber": "4008001234",
        "finalCalledPartyNumber": "301",
        "destCause_value": "16",
        "dateTimeConnect": "1772328604",
        "dateTimeDisconnect": "1772328665",
        "pkid": PKID,
        "duration": "63",
        "globalCallId_ClusterID": "North",
    }
    return ",".join((fields | given).values()) + "\n"


def test_columns_are_found_by_name_and_the_line_of_types_is_no_record(decode_file) -> None:
    (cdr,) = decode_file("cucm", (HEADER + TYPES + line()).encode()).cdrs
    assert (cdr["row"], cdr["call_id"], cdr["leg"]) == (1, PKID, "")
    assert (cdr["group_id"], cdr["sequence"]) == ("North:4:9001", 77)
    assert (cdr["calling_number_raw"], cdr["service_number_raw"]) == ("13912340001", "4008001234")
    assert cdr["setup_at"] == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert cdr["answered_at"] == datetime(2026, 3, 1, 1, 30, 4, tzinfo=UTC)
    assert cdr["released_at"] == datetime(2026, 3, 1, 1, 31, 5, tzinfo=UTC)
    assert (cdr["bridged_stated"], cdr["cause"]) == (False, 16)


def test_the_switch_s_own_duration_is_believed_against_its_stamps(decode_file) -> None:
    (cdr,) = decode_file("cucm", (HEADER + line(duration="63")).encode()).cdrs
    assert cdr["billable_ms"] == 63_000


def test_a_forwarded_call_is_billed_to_the_number_dialled(decode_file) -> None:
    (cdr,) = decode_file("cucm", (HEADER + line(finalCalledPartyNumber="555")).encode()).cdrs
    assert (cdr["service_number_raw"], cdr["answering_number_raw"]) == ("4008001234", "555")


def test_a_connect_of_zero_never_happened(decode_file) -> None:
    unanswered = line(dateTimeConnect="0", duration="0", origCause_value="17")
    (cdr,) = decode_file("cucm", (HEADER + unanswered).encode()).cdrs
    assert (cdr["answered_at"], cdr["billable_ms"], cdr["answering_number_raw"]) == (None,) * 3
    assert cdr["cause"] == 17


def test_a_later_payload_is_read_by_the_header_beside_it(decode_file) -> None:
    (cdr,) = decode_file("cucm", line().encode(), header=(HEADER + TYPES).encode()).cdrs
    assert cdr["call_id"] == PKID


def test_a_line_without_its_header_is_read_by_the_123_positions(decode_messages) -> None:
    fields = ["0"] * 123
    fields[8], fields[29], fields[30] = "13912340001", "4008001234", "301"
    fields[4], fields[47], fields[48] = "1772328600", "1772328604", "1772328665"
    fields[50], fields[55], fields[65] = PKID, "61", "North"
    (cdr,) = decode_messages("cucm", ",".join(fields).encode()).cdrs
    assert (cdr["call_id"], cdr["billable_ms"], cdr["group_id"]) == (PKID, 61_000, "North:0:0")


def test_lines_that_cannot_be_read_say_why(decode_file) -> None:
    lines = [line(dateTimeConnect="soon"), line(pkid=""), "1,2,3\n", line(duration="-1")]
    decoded = decode_file("cucm", (HEADER + "".join(lines)).encode())
    assert decoded.details == [
        "expected datetimeconnect as epoch seconds, came 'soon'",
        "expected pkid: the record's id, came none",
        "expected 15 columns, came 3",
        "expected duration as whole seconds, came '-1'",
    ]
    assert [row["row"] for row in decoded.unreadable] == [1, 2, 3, 4]


def test_calls_without_the_switchs_call_number_are_no_group(decode_file) -> None:
    data = HEADER + line(globalCallID_callId="") + line(globalCallID_callId="7")
    groups = [cdr["group_id"] for cdr in decode_file("cucm", data.encode()).cdrs]
    assert groups[0] is None
    assert groups[1] is not None
