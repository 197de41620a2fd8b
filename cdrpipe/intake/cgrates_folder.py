"""Read the folder of a CGRateS tariff plan: the files of the tariff, the names of the others."""

from pathlib import Path

from cdrpipe.errors import InputError
from cdrpipe.register.fault_list import FaultList, Place
from cdrpipe.register.text_file import read_text
from cdrpipe.tariff.cgrates import NEEDED_FILES
from cdrpipe.tariff.cgrates_table import FORMS


def read_cgrates_folder(folder: Path) -> dict[str, str]:
    """Give the texts of a folder's CSV files by name, as ``read_cgrates_plan`` takes them.

    The texts of files that no tariff is made of are not read, and are "".

    Raises
    ------
    InputError
        The folder has none of the files that a tariff plan needs.
    TariffError
        A file cannot be read, or is no UTF-8 text; carries all faults.
    """
    paths = sorted(folder.glob("*.csv"))
    if not {path.name for path in paths} & set(NEEDED_FILES):
        raise InputError(
            "expected a folder with the CSV files of a CGRateS tariff plan, found none of them",
            code="CGRATES_FOLDER_EMPTY",
            where=str(folder),
            hint=f"its files are called {', '.join(FORMS)}",
        )
    faults = FaultList()
    texts = {}
    for index, path in enumerate(paths):
        text = read_text(path, Place(index, 0, path.name), faults) if path.name in FORMS else ""
        if text is not None:
            texts[path.name] = text
    faults.raise_if_any()
    return texts
