from typing_extensions import Buffer

def fold_words(
    code: Buffer, place: Buffer, word: Buffer, used: Buffer, validity: Buffer
) -> tuple[int, int]: ...
def look_up(code: Buffer, found_for: Buffer, found: Buffer) -> None: ...
def mark_present(values: Buffer, absent: int, validity: Buffer) -> int: ...
def days_of(
    at_us: Buffer,
    absent: int,
    instead_us: int,
    change_us: Buffer,
    offset_us: Buffer,
    day: Buffer,
) -> None: ...
