"""A file is looked through before anything of it counts, and cut between lines only."""

import gzip
import hashlib
from pathlib import Path

import pytest

from cdrpipe.errors import InputError
from cdrpipe.intake import files
from cdrpipe.intake.files import inspect_file, runs_of_lines, whole

LINES = b"".join(b"%d,call\n" % number for number in range(2_000))


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["calls.csv", "calls.csv.gz"])
def test_plain_and_compressed_files_show_the_same_records(tmp_path: Path, name: str) -> None:
    data = gzip.compress(LINES, mtime=0) if name.endswith("gz") else LINES
    file = inspect_file(written(tmp_path / name, data))
    assert file.file_id == hashlib.sha256(data).hexdigest()
    assert (file.head, file.last_line, file.size_bytes) == (LINES[:65536], b"", len(LINES))
    assert file.previous_line == b"1999,call"
    assert b"".join(runs_of_lines(file)) == b"".join(whole(file)) == LINES


def test_runs_end_at_line_feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RUN_BYTES", 100)
    file = inspect_file(written(tmp_path / "calls.csv", LINES + b"torn"))
    runs = list(runs_of_lines(file))
    assert b"".join(runs) == LINES + b"torn"
    assert all(run.endswith(b"\n") for run in runs[:-1])
    assert file.last_line == b"torn"


def test_a_line_longer_than_a_run_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "RUN_BYTES", 10)
    data = b"a" * 35 + b"\nb\n"
    file = inspect_file(written(tmp_path / "calls.csv", data))
    assert b"".join(runs_of_lines(file)) == data
    assert next(runs_of_lines(file)).startswith(b"a" * 35 + b"\n")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"\n \n", "FILE_EMPTY"),
        (gzip.compress(b"", mtime=0), "FILE_EMPTY"),
        (gzip.compress(LINES, mtime=0)[:-20], "FILE_TRUNCATED"),
        (gzip.compress(LINES, mtime=0)[:-8] + b"\0" * 8, "FILE_TRUNCATED"),
        (b"\x1f\x8b not gzip at all", "FILE_TRUNCATED"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    path = written(tmp_path / "calls", data)
    with pytest.raises(InputError) as caught:
        inspect_file(path)
    assert caught.value.code == code
    assert caught.value.where == str(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none"):
        inspect_file(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="got a folder"):
        inspect_file(tmp_path)


def test_a_format_that_cannot_be_cut_has_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "WHOLE_BYTES_MAX", 1_000)
    file = inspect_file(written(tmp_path / "calls.arrow", LINES))
    with pytest.raises(InputError, match="at most 1,000 bytes"):
        next(whole(file))
