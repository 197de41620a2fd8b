"""The catalogues: every sentence is there, translated, with the same places to fill."""

import re
from pathlib import Path

import click
import pytest
from tidy.catalogue import CATALOGUES, ROOT, read_catalogue, sentences

from cdrpipe.language import LANGUAGES, _, use_language

PLACE = re.compile(r"{[a-z_!]*}")


@pytest.fixture(scope="module", params=CATALOGUES, ids=lambda path: path.parts[-3])
def catalogue(request):
    return read_catalogue(request.param)


def test_there_is_a_catalogue_for_every_language_but_english():
    assert {path.parts[-3] for path in CATALOGUES} == set(LANGUAGES) - {"en"}


def test_every_sentence_is_translated(catalogue):
    missing = [
        message.id
        for message in sentences()
        if message.id and not (message.id in catalogue and catalogue[message.id].string)
    ]
    assert missing == [], "run  make messages  and translate what is new"


def test_no_sentence_is_kept_that_nobody_says(catalogue):
    said = {message.id for message in sentences()}
    assert [message.id for message in catalogue if message.id not in said] == []


def test_a_translation_has_the_places_of_its_sentence(catalogue):
    for message in catalogue:
        if message.id:
            assert sorted(PLACE.findall(message.id)) == sorted(PLACE.findall(message.string))


def test_the_sentences_of_click_are_those_click_says():
    for path in ROOT.glob("cdrpipe/locale/*/LC_MESSAGES/click.po"):
        for message in read_catalogue(path):
            if message.id:
                forms = message.id if isinstance(message.id, tuple) else (message.id,)
                assert all(form in said_by_click() for form in forms), message.id


def said_by_click():
    folder = Path(click.__file__).parent
    return "\n".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))


def test_chinese_is_spoken_once_the_catalogue_is_compiled():
    use_language("zh")
    assert _("rated") == "已计费"
    use_language("en")
    assert _("rated") == "rated"
