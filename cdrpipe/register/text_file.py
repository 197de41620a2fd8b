"""Read a text file that a person wrote, and say what it is where it is no UTF-8 text."""

from pathlib import Path

from cdrpipe.register.fault_list import FaultList, Place

# The largest register known to us has 30,000 numbers, 3 MiB; beyond this a wrong file was named.
FILE_BYTES_MAX = 64 * 2**20

_SAVE_AS_UTF_8 = "In Excel save it as “CSV UTF-8 (Comma delimited)”; in an editor as UTF-8."


def read_text(path: Path, place: Place, faults: FaultList) -> str | None:
    """Read a UTF-8 file, with or without a byte order mark; None where it has a fault."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            message = f"expected at most {FILE_BYTES_MAX} bytes, got {path.stat().st_size}"
            faults.add(place, message, code="FILE_TOO_LARGE")
            return None
        content = path.read_bytes()
    except OSError as error:
        faults.add(place, f"the file cannot be read: {error.strerror}", code="FILE_UNREADABLE")
        return None
    found = _foreign_content(content)
    if found:
        faults.add(
            place,
            f"expected UTF-8 text, got {found}",
            code="FILE_NOT_UTF_8",
            hint=_SAVE_AS_UTF_8,
        )
        return None
    return content.decode("utf-8-sig")


def _foreign_content(content: bytes) -> str:
    """Say in words what the bytes are where they are no UTF-8 text; empty where they are."""
    if content.startswith(b"PK\x03\x04"):
        return "an Excel workbook or another zip file"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16 text (Excel calls it “Unicode Text”)"
    if b"\x00" in content:
        return f"binary data: a zero byte at byte {content.index(0) + 1}"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        try:
            content.decode("gb18030")
        except UnicodeDecodeError:
            return f"other bytes at byte {error.start + 1}"
        return "what looks like GBK, the encoding of Chinese Excel's plain “CSV”"
    return ""
