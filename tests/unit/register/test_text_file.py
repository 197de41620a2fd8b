import pytest

from cdrpipe.errors import TariffError
from cdrpipe.register import text_file
from cdrpipe.register.fault_list import FaultList, Place
from cdrpipe.register.text_file import read_text


def fault_of(path):
    faults = FaultList()
    assert read_text(path, Place(0, 0, path.name), faults) is None
    with pytest.raises(TariffError) as caught:
        faults.raise_if_any()
    (fault,) = caught.value.faults
    return fault


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf_8_is_read_with_and_without_a_byte_order_mark(write_file, mark):
    faults = FaultList()
    path = write_file("a.csv", mark + "名称,x\n".encode())
    assert read_text(path, Place(0, 0, "a.csv"), faults) == "名称,x\n"
    faults.raise_if_any()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("account_id,name\nA,上海有限公司\n".encode("gb18030"), "GBK"),
        ("account_id,name\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04\x14\x00", "Excel workbook"),
        (b"account_id\x00", "a zero byte at byte 11"),
        (b"account_id,\xff\xff\n", "other bytes at byte 12"),
    ],
)
def test_a_file_in_another_form_is_told_by_name(write_file, content, found):
    fault = fault_of(write_file("a.csv", content))
    assert (fault.code, fault.where) == ("FILE_NOT_UTF_8", "a.csv")
    assert found in fault.message
    assert "CSV UTF-8" in fault.hint


def test_a_missing_file_and_a_folder_cannot_be_read(tmp_path):
    assert fault_of(tmp_path / "none.csv").message == (
        "the file cannot be read: No such file or directory"
    )
    assert fault_of(tmp_path).code == "FILE_UNREADABLE"


def test_a_file_beyond_the_limit_is_not_read(write_file, monkeypatch):
    monkeypatch.setattr(text_file, "FILE_BYTES_MAX", 3)
    assert fault_of(write_file("a.csv", "abcd")).message == "expected at most 3 bytes, got 4"
