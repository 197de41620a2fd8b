"""Commands that act on money ask: what each answer, and none, leads to."""

import sys

import click
import pytest

from cdrpipe.cli.confirm import confirm, confirm_options
from cdrpipe.cli.frame import META, Command, Flags
from cdrpipe.errors import Refused


def asked(*words: str) -> bool:
    """Run a command that asks, and give what it was told."""

    @click.command(cls=Command)
    @confirm_options()
    @click.pass_obj
    def act(flags: Flags) -> bool:
        return confirm(flags, "issue 3 invoices?")

    with act.make_context("act", list(words)) as context:
        assert META in context.meta
        told = act.invoke(context)
    assert isinstance(told, bool)
    return told


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let a person at a terminal give this answer."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda _prompt: text)


def test_yes_is_not_asked_about() -> None:
    assert asked("--yes") is True
    assert asked("-y") is True


def test_a_dry_run_never_acts_not_even_with_yes(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked("-n", "-y") is False
    assert "nothing was changed" in capsys.readouterr().err


def test_without_a_terminal_and_without_yes_it_is_a_usage_error() -> None:
    with pytest.raises(click.UsageError, match="no terminal to ask on: say --yes") as raised:
        asked()
    assert raised.value.exit_code == 2


def test_a_person_who_says_y_lets_it_act(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, "y")
    assert asked() is True
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("said", ["n", ""])
def test_a_person_who_says_no_or_nothing_refuses(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    answer(monkeypatch, said)
    with pytest.raises(Refused, match="expected a yes, got a no") as raised:
        asked()
    assert raised.value.hint == "nothing was changed"
