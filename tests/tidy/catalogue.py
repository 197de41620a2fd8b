"""Every sentence of the product, and the catalogues brought up to date with them.

``python tests/tidy/catalogue.py`` (``make messages``) adds new sentences to the catalogues and
drops those that no longer exist; translations stay.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from cdrpipe.cdr.suspense import SuspenseReason

ROOT = Path(__file__).parents[2]
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


def update(path: Path) -> None:
    """Bring one catalogue up to date; what is not translated yet stays empty."""
    catalogue = read_catalogue(path)
    catalogue.update(sentences(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=False, sort_by_file=True)


if __name__ == "__main__":
    for po_file in CATALOGUES:
        update(po_file)
        missing = [message.id for message in read_catalogue(po_file) if message.id and not message.string]
        sys.stdout.write(f"{po_file.relative_to(ROOT)}: {len(missing)} not translated\n")
