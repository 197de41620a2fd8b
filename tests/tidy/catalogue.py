"""Every sentence of the product, and the catalogues brought up to date with them.

``python tests/tidy/catalogue.py`` (``make messages``) adds new sentences to the catalogues and
drops those that no longer exist; translations stay.
"""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from cdrpipe.cdr.suspense import SuspenseReason

ROOT = Path(__file__).parents[2]
HEADER = """\
# `make messages` adds what the sources newly say; write the translation into msgstr.
msgid ""
msgstr ""
"Language: zh\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
CATALOGUES = sorted((ROOT / "cdrpipe" / "locale").glob("*/LC_MESSAGES/cdrpipe.po"))


def sentences() -> Catalog:
    """Collect what the sources mark with ``_`` or ``N_``, and the reasons' sentences."""
    catalogue = Catalog(project="cdrpipe")
    found = extract_from_dir(ROOT / "cdrpipe", method_map=[("**.py", "python")])
    for file, _line, message, _comments, _context in found:
        catalogue.add(message, locations=[(f"cdrpipe/{file}", None)])
    for reason in SuspenseReason:
        catalogue.add(reason.sentence, locations=[("cdrpipe/cdr/suspense.py", None)])
    return catalogue


def read_catalogue(path: Path) -> Catalog:
    """Read one language's catalogue."""
    with path.open("rb") as file:
        return read_po(file)


def write_catalogue(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue with no more of a header than gettext needs: diffs show sentences."""
    text = io.BytesIO()
    write_po(text, catalogue, width=100, omit_header=True, sort_by_file=True)
    path.write_bytes(HEADER.encode() + text.getvalue())


def update(path: Path) -> int:
    """Bring one catalogue up to date; give the number of sentences not translated yet."""
    catalogue = read_catalogue(path)
    catalogue.update(sentences(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    write_catalogue(path, catalogue)
    return sum(1 for message in catalogue if message.id and not message.string)


if __name__ == "__main__":
    for po_file in CATALOGUES:
        sys.stdout.write(f"{po_file.relative_to(ROOT)}: {update(po_file)} not translated\n")
