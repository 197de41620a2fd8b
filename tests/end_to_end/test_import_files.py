"""`cdrpipe cdr import` on whole, broken and repeated files: all of a file counts, or nothing."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from registers import register_owning

from cdrpipe import cli
from cdrpipe.config import Config
from cdrpipe.errors import InputError
from cdrpipe.intake import files, importer
from cdrpipe.lake.publish import Publisher
from cdrpipe.lake.scan import live_files
from cdrpipe.register import open_register

HEADER = (
    "call_id,calling_number,service_number,answering_number,setup_at,answered_at,bridged_at,"
    "released_at\n"
)


def line(number: int, service_number: str = "4008001234") -> str:
    return (
        f"c{number},13800138000,{service_number},02161234567,2026-10-05 10:00:00,"
        f"2026-10-05 10:00:02,2026-10-05 10:00:10,2026-10-05 10:01:{number % 60:02}\n"
    )


CALLS = HEADER + "".join(line(number) for number in range(50))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return register_owning(tmp_path, "4008001234")


def command(config: Config, *words: object) -> int:
    return cli.run_line(["--set", f"data_dir={config.data_dir}", *map(str, words)])


def written(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def outcomes(config: Config) -> dict[str, int]:
    found: dict[str, int] = {}
    for file in live_files(config.lake_dir):
        for entry in pq.ParquetFile(file).read(["outcome"])["outcome"].value_counts().to_pylist():
            found[entry["values"]] = found.get(entry["values"], 0) + entry["counts"]
    return found


def test_a_file_is_taken_once_whatever_it_is_called(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = written(tmp_path / "calls.csv", CALLS)
    assert command(config, "cdr", "import", first) == 0
    assert "read 50 · rated 50" in capsys.readouterr().err
    again = written(tmp_path / "renamed.csv", CALLS)
    files_before = live_files(config.lake_dir)
    assert command(config, "cdr", "import", again) == 0
    assert "imported before; nothing was changed" in capsys.readouterr().err
    assert live_files(config.lake_dir) == files_before


def test_the_same_calls_in_other_bytes_are_duplicates(config: Config, tmp_path: Path) -> None:
    assert command(config, "cdr", "import", written(tmp_path / "calls.csv", CALLS)) == 0
    packed = written(tmp_path / "calls.csv.gz", gzip.compress(CALLS.encode()))
    assert command(config, "cdr", "import", packed) == 0
    assert outcomes(config) == {"rated": 50, "duplicate": 50}


def test_a_file_cut_into_many_runs_is_stored_as_one(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "RUN_BYTES", 400)
    path = written(tmp_path / "calls.csv", CALLS)
    assert command(config, "cdr", "import", path) == 0
    assert outcomes(config) == {"rated": 50}
    rows = [
        row
        for file in live_files(config.lake_dir)
        for row in pq.ParquetFile(file).read(["row", "call_id"]).to_pylist()
    ]
    assert sorted((row["row"], row["call_id"]) for row in rows) == [
        (number + 1, f"c{number}") for number in range(50)
    ]
    assert command(config, "cdr", "import", path) == 0
    assert outcomes(config) == {"rated": 50}


ARROW = pa.BufferOutputStream()
with pa.ipc.new_stream(
    ARROW, pa.schema([("call_id", pa.string()), ("service_number", pa.string())])
) as stream:
    stream.write_table(pa.table({"call_id": ["a"] * 9, "service_number": ["4008001234"] * 9}))
DOCUMENT = json.dumps({"core-uuid": "c", "variables": {"uuid": "u1", "start_uepoch": "1"}})


@pytest.mark.parametrize(
    ("name", "data", "words", "code"),
    [
        ("empty.csv", b"", [], "FILE_EMPTY"),
        ("blank.csv", b"\n\n", [], "FILE_EMPTY"),
        ("torn.csv", CALLS[:-60], [], "FILE_TRUNCATED"),
        ("torn.json", '{"call_id": "c1", "service_number": "4008', [], "FORMAT_UNKNOWN"),
        ("torn.json", '{"call_id": "c1", "serv', ["--source", "native_json"], "FILE_TRUNCATED"),
        (
            "torn.fs",
            f"{DOCUMENT}\n{DOCUMENT[:40]}",
            ["--source", "freeswitch_json"],
            "FILE_TRUNCATED",
        ),
        ("torn.gz", gzip.compress(CALLS.encode())[:-9], [], "FILE_TRUNCATED"),
        (
            "torn.arrow",
            ARROW.getvalue().to_pybytes()[:-50],
            ["--source", "native_arrow"],
            "FORMAT_WRONG",
        ),
        ("binary.csv", bytes(range(256)) * 40, [], "FORMAT_UNKNOWN"),
        ("binary.csv", bytes(range(256)) * 40, ["--source", "native_csv"], "FILE_IS_BINARY"),
        ("prose.txt", "Dear Sir,\nno calls today.\n", [], "FORMAT_UNKNOWN"),
        ("prose.txt", "Dear Sir,\nno calls.\n", ["--source", "freeswitch_csv"], "FORMAT_WRONG"),
        ("calls.csv", CALLS, ["--tz", "Asia/Shanghia"], "expected a time zone such as"),
        ("calls.csv", CALLS, ["--tz", "../etc/passwd"], "expected a time zone such as"),
        ("calls.csv", CALLS, ["--tz", "localtime"], "expected a time zone such as"),
        ("calls.csv", CALLS, ["--source", "freeswich_csv"], "SOURCE_UNKNOWN"),
        ("calls.csv", CALLS, ["--trunk-area", "0099"], "TRUNK_AREA_UNKNOWN"),
    ],
)
def test_what_cannot_be_taken_is_named_and_changes_nothing(
    config: Config,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    data: bytes | str,
    words: list[str],
    code: str,
) -> None:
    good = written(tmp_path / "good.csv", HEADER + line(99))
    assert command(config, "cdr", "import", good) == 0
    before = live_files(config.lake_dir)
    capsys.readouterr()
    bad = written(tmp_path / name, data)
    exit_code = command(config, "cdr", "import", *words, bad)
    said = capsys.readouterr()
    assert exit_code in {2, 3}, said.err
    assert code in said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert live_files(config.lake_dir) == before


def test_a_last_line_that_may_be_cut_is_not_billed(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = written(tmp_path / "cut.csv", CALLS[:-1])
    assert command(config, "cdr", "import", cut) == 3
    assert "nobody can tell whether it was cut" in capsys.readouterr().err
    quoted = written(tmp_path / "quoted.csv", CALLS.rpartition(",")[0] + ',"2026-10-05 10:01:49"')
    assert command(config, "cdr", "import", quoted) == 0


def test_a_file_that_grows_while_it_is_read_is_not_stored(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "Master.csv", CALLS)
    looked_at = files.inspect_file(path)
    with path.open("a") as log:
        log.write(line(98))
    monkeypatch.setattr(importer, "inspect_file", lambda _path: looked_at)
    with pytest.raises(InputError, match="written to while it was read"):
        importer.import_files([path], config=config)
    assert live_files(config.lake_dir) == []


def test_files_that_cannot_be_taken_are_all_named(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "empty.csv", "")
    names = ["nowhere.csv", "empty.csv", "."]
    assert command(config, "cdr", "import", *(tmp_path / name for name in names)) == 3
    said = capsys.readouterr().err
    assert "3 of 3 files cannot be taken" in said
    assert all(word in said for word in ("nowhere.csv", "empty.csv", "got a folder"))


def test_a_header_alone_is_a_file_without_records(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(config, "cdr", "import", written(tmp_path / "idle.csv", HEADER)) == 3
    assert "FILE_EMPTY" in capsys.readouterr().err


def test_an_import_that_was_cut_elsewhere_goes_on_without_a_copy(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "calls.csv", CALLS)

    class Killed(BaseException):
        """The process ends here."""

    def die_after_two_runs(_path: Path, rows: int) -> None:
        if rows > 4:
            raise Killed

    with monkeypatch.context() as life:
        life.setattr(files, "RUN_BYTES", 400)
        with pytest.raises(Killed):
            importer.import_files([path], config=config, on_progress=die_after_two_runs)
    assert 0 < outcomes(config)["rated"] < 50
    importer.import_files([path], config=config)
    assert outcomes(config) == {"rated": 50}


def test_a_copy_that_another_writer_stores_meanwhile_is_found(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = written(tmp_path / "mine.csv", CALLS)
    others = written(tmp_path / "others.csv.gz", gzip.compress(CALLS.encode()))
    publish = Publisher.publish

    def publish_late(self: Publisher, *rows: object, **more: object) -> object:
        monkeypatch.setattr(Publisher, "publish", publish)
        importer.import_files([others], config=config)
        return publish(self, *rows, **more)

    monkeypatch.setattr(Publisher, "publish", publish_late)
    (result,) = importer.import_files([mine], config=config)
    assert result.counts["duplicate"] == 50
    assert outcomes(config) == {"rated": 50, "duplicate": 50}


def test_no_file_is_stored_if_one_of_them_is_broken(config: Config, tmp_path: Path) -> None:
    good = written(tmp_path / "good.csv", CALLS)
    torn = written(tmp_path / "torn.csv", CALLS[:-60])
    assert command(config, "cdr", "import", good, torn) == 3
    assert live_files(config.lake_dir) == []


def test_a_bad_record_is_held_back_and_the_file_goes_on(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = HEADER + line(1) + "c2,13800138000,4008001234,,yesterday,,,\n" + line(3, "4009999999")
    path = written(tmp_path / "calls.csv", data)
    assert command(config, "cdr", "import", path) == 0
    assert "suspended 2 (cdrpipe suspense list)" in capsys.readouterr().err
    assert outcomes(config) == {"rated": 1, "suspended": 2}
    assert command(config, "cdr", "import", "--suspended-max", "1", path) == 0


def test_more_suspended_than_allowed_ends_with_1(config: Config, tmp_path: Path) -> None:
    path = written(tmp_path / "calls.csv", HEADER + line(1) + line(3, "4009999999"))
    assert command(config, "cdr", "import", "--suspended-max", "0", path) == 1


def test_an_empty_register_is_told_before_anything_is_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(data_dir=tmp_path / "data")
    open_register(config.register_file).dispose()
    path = written(tmp_path / "calls.csv", CALLS)
    assert command(config, "cdr", "import", path) == 3
    assert "REGISTER_EMPTY" in capsys.readouterr().err
    assert live_files(config.lake_dir) == []


def test_a_wrong_data_folder_is_told_and_no_register_is_made_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(data_dir=tmp_path / "elsewhere")
    path = written(tmp_path / "calls.csv", CALLS)
    assert command(config, "cdr", "import", path) == 3
    assert "REGISTER_MISSING" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()
