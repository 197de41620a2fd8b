"""Files of call records: opened, looked at, identified, and cut into runs of whole records."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from cdrpipe.errors import InputError, Unavailable

# What a run of records measures: large enough for whole columns, small enough for several at once.
RUN_BYTES = 32 * 1024 * 1024
# Formats that cannot be cut are read at one go, up to this.
WHOLE_BYTES_MAX = 2 * 1024 * 1024 * 1024
HEAD_BYTES = 64 * 1024
TAIL_BYTES = 256 * 1024
BLOCK_BYTES = 4 * 1024 * 1024

_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """A file that was read to its end once and found whole.

    ``file_id`` is the SHA-256 of its bytes on the disk, 64 hex digits. Decompressed: ``head`` its
    first bytes, ``last_line`` those behind its last line feed (empty where it ends in one),
    ``previous_line`` the line before them, ``size_bytes`` its size.
    """

    path: Path
    file_id: str
    is_gzip: bool
    size_bytes: int
    head: bytes
    last_line: bytes
    previous_line: bytes
    stamp: tuple[int, int]  # size and time of change on the disk when it was looked at


def inspect_file(path: Path) -> RecordFile:
    """Read a file to its end, without keeping it: identity, first bytes, last line.

    Raises
    ------
    InputError
        It does not exist, is no regular file, is empty, or its compressed form ends early or is
        damaged.
    Unavailable
        The disk would not give it.
    """
    try:
        with path.open("rb") as stored:
            return _inspect(path, stored)
    except FileNotFoundError:
        raise InputError(
            "expected a file, found none", code="FILE_NOT_FOUND", where=str(path)
        ) from None
    except IsADirectoryError:
        raise InputError(
            "expected a file, got a folder",
            code="FILE_IS_FOLDER",
            where=str(path),
            hint=f"name the files in it, for example {path}/*.csv",
        ) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"the compressed file ends early or is damaged: {error}",
            code="FILE_TRUNCATED",
            where=str(path),
            hint="nothing of it was stored; fetch it again",
        ) from error
    except OSError as error:
        raise Unavailable(
            f"the file could not be read: {error.strerror}",
            code="FILE_UNREADABLE",
            where=str(path),
            hint="nothing of it was stored; look at its rights and at the disk",
        ) from error


def _inspect(path: Path, stored: BufferedReader) -> RecordFile:
    stamp = _stamp(path)
    digest = hashlib.file_digest(stored, "sha256").hexdigest()
    stored.seek(0)
    is_gzip = stored.read(2) == _GZIP_MAGIC
    stored.seek(0)
    head, tail, size_bytes = b"", b"", 0
    with _decompressed(stored, is_gzip=is_gzip) as stream:
        while block := stream.read(BLOCK_BYTES):
            if len(head) < HEAD_BYTES:
                head += block[: HEAD_BYTES - len(head)]
            size_bytes += len(block)
            tail = (tail + block)[-TAIL_BYTES:]
    if not head.strip():
        raise InputError(
            "expected call records, the file is empty",
            code="FILE_EMPTY",
            where=str(path),
            hint="nothing was stored; if the switch was idle there is nothing to do",
        )
    previous_line, last_line = [b"", b"", *tail.split(b"\n")][-2:]
    return RecordFile(
        path=path,
        file_id=digest,
        is_gzip=is_gzip,
        size_bytes=size_bytes,
        head=head,
        last_line=last_line,
        previous_line=previous_line,
        stamp=stamp,
    )


def check_unchanged(file: RecordFile) -> None:
    """See that a file is still the one that was looked at; call it after reading, before storing.

    Raises
    ------
    InputError
        It was written to meanwhile.
    """
    if _stamp(file.path) != file.stamp:
        raise InputError(
            "the file was written to while it was read",
            code="FILE_CHANGED",
            where=str(file.path),
            hint="what was read of it since is not stored; import it when the switch has closed it",
        )


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def runs_of_lines(file: RecordFile) -> Iterator[bytes]:
    """Cut a file into runs of whole lines of about RUN_BYTES."""
    with file.path.open("rb") as stored, _decompressed(stored, is_gzip=file.is_gzip) as stream:
        rest = b""
        while block := stream.read(RUN_BYTES):
            cut = block.rfind(b"\n") + 1
            if cut == 0:
                rest += block
                continue
            yield rest + block[:cut]
            rest = block[cut:]
        if rest.strip():
            yield rest


def whole(file: RecordFile) -> Iterator[bytes]:
    """Give a file whose format cannot be cut, at one go.

    Raises
    ------
    InputError
        It is larger than WHOLE_BYTES_MAX.
    """
    if file.size_bytes > WHOLE_BYTES_MAX:
        raise InputError(
            f"expected at most {WHOLE_BYTES_MAX:,} bytes in a format that cannot be cut, "
            f"got {file.size_bytes:,}",
            code="FILE_TOO_LARGE",
            where=str(file.path),
            hint="nothing was stored; split the file, or write one record a line",
        )
    with file.path.open("rb") as stored, _decompressed(stored, is_gzip=file.is_gzip) as stream:
        yield stream.read()


def _decompressed(stored: BufferedReader, *, is_gzip: bool) -> BufferedReader | gzip.GzipFile:
    return gzip.GzipFile(fileobj=stored) if is_gzip else stored
