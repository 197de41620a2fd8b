"""The prompt of ``cdrpipe sql`` on a terminal: Ctrl-C gives up a line, and ends a question."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from registers import register_owning

DEADLINE_S = 60

# Far more than reading a line takes: the question is being answered.
BUSY_TICKS = 30


class Terminal:
    """A process on a terminal of its own: what it has written, and what is typed."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        self._own, other = pty.openpty()
        environment = {**os.environ, "LANGUAGE": "en", "COLUMNS": "100"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cdrpipe", *arguments],
            stdin=other,
            stdout=other,
            stderr=other,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        os.close(other)
        self._read = b""

    def type(self, text: str) -> None:
        """Type some text."""
        os.write(self._own, text.encode())

    def until(self, words: str) -> str:
        """Read until the words were written, and give what stands before them."""
        deadline_s = time.monotonic() + DEADLINE_S
        while words.encode() not in self._read:
            assert time.monotonic() < deadline_s, self._read
            self._read += os.read(self._own, 4096)
        before, _, self._read = self._read.partition(words.encode())
        return before.decode()

    def cpu_ticks(self) -> int:
        """Give the processor time that the process has used, in ticks (proc(5))."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(words[11]) + int(words[12])

    def close(self) -> None:
        """End the process if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._own)


@pytest.fixture
def prompt(tmp_path: Path) -> Iterator[Terminal]:
    config = register_owning(tmp_path, "4008001234")
    terminal = Terminal("sql", "--set", f"data_dir={config.data_dir}", folder=tmp_path)
    yield terminal
    terminal.close()


def test_ctrl_c_gives_up_the_line_and_the_prompt_goes_on(prompt: Terminal) -> None:
    prompt.until("cdrpipe> ")
    prompt.type("SELECT a typing error\n")
    prompt.until("...> ")
    prompt.process.send_signal(signal.SIGINT)
    prompt.until("cdrpipe> ")
    prompt.type("SELECT 6 * 7 AS answer;\n")
    prompt.until("42")
    prompt.until("cdrpipe> ")
    prompt.type(".quit\n")
    assert prompt.process.wait(DEADLINE_S) == 0


def test_ctrl_c_ends_a_question_that_takes_too_long(prompt: Terminal) -> None:
    prompt.until("cdrpipe> ")
    idle_ticks = prompt.cpu_ticks()
    prompt.type(
        "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range < b.range;\n"
    )
    deadline_s = time.monotonic() + DEADLINE_S
    while prompt.cpu_ticks() < idle_ticks + BUSY_TICKS:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    prompt.process.send_signal(signal.SIGINT)
    assert prompt.process.wait(DEADLINE_S) == -signal.SIGINT
