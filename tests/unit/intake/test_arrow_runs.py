"""Arrow streams in runs: every record once, in order, and nothing of a stream that is not whole."""

from pathlib import Path

import pyarrow as pa
import pytest

from cdrpipe.intake import arrow_runs
from cdrpipe.intake.arrow_runs import runs_of_stream
from cdrpipe.intake.files import inspect_file


def stream(*batches: list[str], schema: pa.Schema | None = None) -> bytes:
    schema = schema or pa.schema({"call_id": pa.string()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(pa.record_batch([pa.array(batch).cast(schema.types[0])], schema))
    return sink.getvalue().to_pybytes()


def runs_of(folder: Path, data: bytes) -> list[bytes]:
    path = folder / "calls.arrow"
    path.write_bytes(data)
    return list(runs_of_stream(inspect_file(path)))


def call_ids(run: bytes) -> list[str]:
    return pa.ipc.open_stream(run).read_all()["call_id"].to_pylist()


@pytest.fixture(autouse=True)
def three_rows_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_runs, "RUN_ROWS", 3)


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([["a", "b"]], [["a", "b"]]),
        ([["a", "b", "c"]], [["a", "b", "c"]]),
        ([["a", "b", "c", "d"]], [["a", "b", "c"], ["d"]]),
        ([["a"], ["b"], [], ["c"], ["d"]], [["a", "b", "c"], ["d"]]),
        ([["a"], list("bcdefghi")], [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]]),
    ],
)
def test_runs_have_so_many_records(
    tmp_path: Path, batches: list[list[str]], expected: list[list[str]]
) -> None:
    assert [call_ids(run) for run in runs_of(tmp_path, stream(*batches))] == expected


def test_words_are_in_every_run(tmp_path: Path) -> None:
    words = pa.schema({"call_id": pa.dictionary(pa.int32(), pa.string())})
    found = runs_of(tmp_path, stream(list("abab"), schema=words))
    assert [call_ids(run) for run in found] == [["a", "b", "a"], ["b"]]


def test_a_stream_that_is_not_whole_is_left_to_its_reader(tmp_path: Path) -> None:
    whole = stream(list("abcd"), list("efgh"))
    for data in (whole[:-1], whole[:-100], whole + b"more", b"no stream", b"ARROW1 file"):
        assert runs_of(tmp_path, data) == [data]


def test_a_column_that_leads_outside_its_bytes_is_left_to_its_reader(tmp_path: Path) -> None:
    good = stream(["aaaa", "bbbb", "cccc", "dddd"])
    offsets = b"".join(offset.to_bytes(4, "little") for offset in (0, 4, 8, 12, 16))
    bad = good.replace(offsets, offsets[:-4] + (2**20).to_bytes(4, "little"))
    assert bad != good
    assert runs_of(tmp_path, bad) == [bad]
