"""Read calendars: the packaged one, and the operator's own files over it."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from cdrpipe.errors import InputError
from cdrpipe.numbering.calendar import Calendar, CalendarRow, build_calendars, parse_calendar

CALENDAR_FILE_BYTES_MAX = 16 * 1024 * 1024
_PACKAGED = "calendar_cn.csv"


def load_calendars(paths: Sequence[Path] = ()) -> dict[str, Calendar]:
    """Read all calendars, by name.

    Parameters
    ----------
    paths
        The operator's files, as ``parse_calendar`` takes them. A later file's days replace an
        earlier one's, and all of them the packaged ones.

    Raises
    ------
    InputError
        A file cannot be read.
    TariffError
        A file has faults; carries all of that file's.
    """
    return build_calendars(load_calendar_rows(paths))


def load_calendar_rows(paths: Sequence[Path] = ()) -> tuple[CalendarRow, ...]:
    """Read the lines of all calendars, those that replace others behind them.

    Raises
    ------
    InputError, TariffError
        As of ``load_calendars``.
    """
    packaged = files("cdrpipe.numbering").joinpath(_PACKAGED).read_text(encoding="utf-8")
    rows = list(parse_calendar(packaged, file=_PACKAGED))
    for path in paths:
        rows += read_calendar(path)
    return tuple(rows)


def read_calendar(path: Path) -> tuple[CalendarRow, ...]:
    """Read one file of the operator's.

    Raises
    ------
    InputError
        It cannot be read.
    TariffError
        It has faults; carries all of them.
    """
    return parse_calendar(_read(path), file=str(path))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(CALENDAR_FILE_BYTES_MAX + 1)
        if len(content) > CALENDAR_FILE_BYTES_MAX:
            raise InputError(
                f"expected at most {CALENDAR_FILE_BYTES_MAX} bytes of a calendar",
                code="CALENDAR_TOO_LARGE",
                where=str(path),
                hint="A calendar names a few dozen days a year.",
            )
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"expected a calendar as UTF-8 text, got {error}",
            code="CALENDAR_UNREADABLE",
            where=str(path),
            hint="Name a readable CSV file in `calendar_files`, or leave it out.",
        ) from error
