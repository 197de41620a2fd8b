"""The product's sentences in the reader's language: English as written, Chinese from a catalogue.

Only sentences are translated. Keys, enum values, column names and exit codes are English in every
language. The catalogues are ``locale/<language>/LC_MESSAGES/*.po``; the build compiles them.
"""

import gettext
import os
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("en", "zh")
LOCALE_DIR = Path(__file__).parent / "locale"
DOMAIN = "cdrpipe"
# click's own sentences ("Usage:", "Missing option …") look up the process-wide domain.
CLICK_DOMAIN = "click"


class _Spoken:
    """The language in use; one a process."""

    code = "en"
    catalogue = gettext.NullTranslations()


def language_of(environ: Mapping[str, str]) -> str:
    """Choose the language from CDRPIPE_LANG, else LC_ALL, else LC_MESSAGES, else LANG.

    The first that is set decides; anything but Chinese is English.

    >>> language_of({"LC_ALL": "zh_CN.UTF-8"}), language_of({"LANG": "C.UTF-8"})
    ('zh', 'en')
    """
    for name in ("CDRPIPE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return "zh" if environ[name].lower().startswith("zh") else "en"
    return "en"


def use_language(code: str) -> None:
    """Speak ``code`` from now on; a language without a compiled catalogue is spoken in English."""
    assert code in LANGUAGES, code
    _Spoken.code = code
    _Spoken.catalogue = gettext.translation(DOMAIN, LOCALE_DIR, languages=[code], fallback=True)
    os.environ["LANGUAGE"] = code
    gettext.bindtextdomain(CLICK_DOMAIN, LOCALE_DIR)
    gettext.textdomain(CLICK_DOMAIN)


def language() -> str:
    """Give the code of the language in use."""
    return _Spoken.code


def _(message: str) -> str:
    """Give a sentence in the language in use."""
    return _Spoken.catalogue.gettext(message) if message else ""


def N_(message: str) -> str:  # noqa: N802 - gettext's name for "mark, translate later"
    """Mark a sentence for the catalogue; ``_`` translates it where it is shown."""
    return message
