"""The folder of a CGRateS tariff plan: which files are read, and which are only named."""

import pytest

from cdrpipe.errors import InputError, TariffError
from cdrpipe.intake.cgrates_folder import read_cgrates_folder


def test_the_files_of_the_tariff_are_read_and_the_others_named(tmp_path):
    (tmp_path / "Rates.csv").write_bytes("\ufeffRT,0,0.1,60s,60s,0s\n".encode())
    (tmp_path / "Actions.csv").write_bytes(b"\xff\xfe no text")
    (tmp_path / "notes.txt").write_text("not a table", encoding="utf-8")
    assert read_cgrates_folder(tmp_path) == {
        "Actions.csv": "",
        "Rates.csv": "RT,0,0.1,60s,60s,0s\n",
    }


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "Actions.csv").touch()
    with pytest.raises(InputError, match="found none of them") as caught:
        read_cgrates_folder(tmp_path)
    assert "RatingProfiles.csv" in caught.value.hint


def test_every_file_that_is_no_text_is_told(tmp_path):
    (tmp_path / "Rates.csv").write_bytes(b"PK\x03\x04")
    (tmp_path / "Timings.csv").write_bytes("周末".encode("gbk"))
    with pytest.raises(TariffError) as caught:
        read_cgrates_folder(tmp_path)
    assert [fault.where for fault in caught.value.faults] == ["Rates.csv", "Timings.csv"]
