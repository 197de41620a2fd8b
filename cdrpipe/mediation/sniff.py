"""Which format a file is in, by how it begins."""

from dataclasses import dataclass

from cdrpipe.mediation.formats import FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sniffed:
    """The best guess at a file's format: its name in FORMATS, and the words that say why."""

    file: str
    format: str
    evidence: str


def sniff(head: bytes, name: str) -> Sniffed | None:
    """Guess the format of a file by its first bytes.

    Parameters
    ----------
    head
        The first bytes, uncompressed; 64 KiB hold what is looked at.
    name
        The file's name; it decides nothing: two switches call their files ``Master.csv``.

    Returns
    -------
    None where no format fits: an empty file, a binary one, or one of an unknown source.
    """
    for form in FORMATS.values():
        evidence = form.sniff(head) if form.sniff is not None else None
        if evidence is not None:
            return Sniffed(file=name, format=form.name, evidence=evidence)
    return None
