"""Which data files are alive. Never glob the folder: after a rewrite dead files lie beside them."""

from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable

from cdrpipe.lake.publish import open_table


def live_files(lake_dir: Path, kind: str | None = None) -> list[str]:
    """Give the paths of the newest version's data files, sorted.

    Parameters
    ----------
    lake_dir
        Folder of the lake; one that does not exist yet has no files.
    kind
        ``usage``, ``aside`` or ``rerated`` (lake/layout.py); None gives all.
    """
    table = open_table(lake_dir)
    return [] if table is None else files_of(table, *([kind] if kind else []))


def files_of(table: DeltaTable, *kinds: str) -> list[str]:
    """Give the paths of the data files of the version that the handle stands at, sorted.

    Parameters
    ----------
    kinds
        As of ``live_files``; none named gives all.
    """
    filters = [("kind", "in", list(kinds))] if kinds else None
    return sorted(_local(uri) for uri in table.file_uris(file_pruning_predicate=filters))


def _local(uri: str) -> str:
    return unquote(uri.removeprefix("file://"))
