SOURCE: int
CALL_ID: int
LEG: int
PARTIAL_NO: int
IS_FINAL: int
IS_CONTINUATION: int
CALLING_NUMBER: int
SERVICE_NUMBER: int
ANSWERING_NUMBER: int
SETUP_AT: int
ANSWERED_AT: int
BRIDGED_AT: int
RELEASED_AT: int
BILLABLE_MS: int
BILLABLE_FROM: int
CAUSE: int
EXTENSION: int
RECORDING_URL: int
FIRST_LEG_ID: int
SECOND_LEG_ID: int

ABSENT: int
UTC: int
LOCAL: int

def count_lines(data: bytes) -> int: ...
def copy_texts(
    data: bytes,
    begin: memoryview,
    length: memoryview,
    offsets: memoryview,
    validity: memoryview,
    text: memoryview | None,
) -> tuple[int, int]: ...

class Lines:
    taken: int
    left: int
    is_undecided: bool

    def __init__(
        self,
        text_begin: memoryview,
        text_length: memoryview,
        instant: memoryview,
        stamp: memoryview,
        partial_no: memoryview,
        billable_ms: memoryview,
        cause: memoryview,
        is_final: memoryview,
        is_continuation: memoryview,
        billable_from: memoryview,
        bridged_stated: memoryview,
        row: memoryview,
        line_begin: memoryview,
        line_end: memoryview,
        left_row: memoryview,
        left_begin: memoryview,
        left_end: memoryview,
    ) -> None: ...
    def read_json(self, data: bytes, first_row: int, names: tuple[bytes, ...]) -> None: ...
    def read_csv(
        self,
        data: bytes,
        begin: int,
        first_row: int,
        cell_count: int,
        place_of_field: memoryview,
    ) -> None: ...
