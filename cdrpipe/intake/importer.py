"""Files to the lake: each file once, and a killed import goes on where it was.

A file's runs are committed one by one under the file's identity (the SHA-256 of its bytes), so
that a killed import goes on behind the last committed run, and a second import of the same bytes
under any name changes nothing.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pyarrow.compute as pc

from cdrpipe.cdr.schema import OUTCOMES
from cdrpipe.config import Config, SourceSettings
from cdrpipe.errors import ConfigError, Fault, InputError
from cdrpipe.intake.arrow_runs import runs_of_stream
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.intake.files import (
    RecordFile,
    check_unchanged,
    inspect_file,
    runs_of_lines,
    whole,
)
from cdrpipe.intake.path import RatingPath
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.lake.publish import Move
from cdrpipe.mediation.formats import FORMATS, Format, is_torn
from cdrpipe.mediation.payload import DecodedBatch, Payload, SourceOptions
from cdrpipe.mediation.sniff import sniff


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What became of one file.

    ``counts`` are records by outcome, this import's only: all zero where ``was_imported`` says that
    the lake had the file already.
    """

    path: Path
    source: str
    format: str
    counts: Mapping[str, int]
    was_imported: bool
    seconds: float

    @property
    def read_count(self) -> int:
        """Count the records read."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How one file is to be read."""

    file: RecordFile
    format: Format
    options: SourceOptions
    header: bytes | None  # what later runs of the file must be told; the first begins with it


def import_files(
    paths: Sequence[Path],
    *,
    config: Config,
    source: str | None = None,
    tz: str | None = None,
    trunk_area: str | None = None,
    on_progress: Callable[[Path, int], None] = lambda path, rows: None,
) -> list[FileResult]:
    """Take files of call records to the lake.

    Every file is looked through before the first is stored, so that a wrong name, format or zone
    is told while nothing has changed.

    Parameters
    ----------
    paths
        Files; plain or gzip.
    source
        A source of the settings, or a format's name; None finds the format by looking.
    tz, trunk_area
        Override what the settings say of the source.
    on_progress
        Called after each committed run with the file and the records read of it so far.

    Raises
    ------
    InputError
        A file cannot be taken as it is.
    ConfigError
        Source or time zone is not known, or the register is empty.
    """
    plans = _plan_all(paths, partial(_plan, config=config, source=source, tz=tz, trunk=trunk_area))
    path = open_path(config)
    return [_import_file(plan, path, on_progress) for plan in plans]


def open_path(config: Config) -> RatingPath:
    """Open the path that the settings describe."""
    return RatingPath(
        lake_dir=config.lake_dir,
        register_file=config.register_file,
        regions=load_region_table(config.region_overrides),
        calendars=load_calendars(config.calendar_files),
        horizon_days=config.duplicate_horizon_days,
        now_us=lambda: time.time_ns() // 1000,
    )


def _plan_all(paths: Sequence[Path], plan: Callable[[Path], _Plan]) -> list[_Plan]:
    """Look through all files, and tell of all that cannot be taken at once."""
    plans: list[_Plan] = []
    faults: list[InputError] = []
    for path in paths:
        try:
            plans.append(plan(path))
        except InputError as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise InputError(
            f"{len(faults)} of {len(paths)} files cannot be taken",
            faults=tuple(Fault(each.message, code=each.code, where=each.where) for each in faults),
            hint="nothing was stored; mend or leave out these files, then run it again",
        )
    return plans


def _plan(
    path: Path, *, config: Config, source: str | None, tz: str | None, trunk: str | None
) -> _Plan:
    settings = _settings_of(source, config)
    zone = known_zone(tz or settings.tz)
    file = inspect_file(path)
    format_name = settings.format or _sniffed(file)
    form = FORMATS[format_name]
    if form.cut in {"lines", "documents"} and b"\0" in file.head:
        raise InputError(
            f"expected text in the form of {format_name}, found binary data",
            code="FILE_IS_BINARY",
            where=str(path),
            hint="nothing was stored; look at it with: cdrpipe cdr sniff " + str(path),
        )
    header = form.header(file.head) if form.header is not None else b""
    torn = is_torn(form.name, file.last_line, header or None, file.previous_line or None)
    if torn is not None:
        raise _truncated(path, torn)
    if form.form is not None and file.last_line.strip() and not file.last_line.endswith(b'"'):
        raise _truncated(
            path, "the last line has no line feed, so nobody can tell whether it was cut"
        )
    return _Plan(
        file=file,
        format=form,
        options=SourceOptions(
            source=source or format_name,
            tz=zone,
            trunk_area=settings.trunk_area if trunk is None else trunk,
        ),
        header=header or None,
    )


def _settings_of(source: str | None, config: Config) -> SourceSettings:
    if source is None:
        return SourceSettings()
    if source in config.sources:
        return config.sources[source]
    if source in FORMATS:
        return SourceSettings.model_validate({"format": source})
    names = sorted({*config.sources, *FORMATS})
    near = get_close_matches(source, names, n=1)
    raise ConfigError(
        f"expected a source of the settings or a format, got {source!r}",
        code="SOURCE_UNKNOWN",
        where="--source",
        hint=(f"did you mean {near[0]}? " if near else "") + "known are: " + ", ".join(names),
    )


def known_zone(name: str) -> ZoneInfo:
    """Give the time zone of that name.

    Raises
    ------
    ConfigError
        There is none.
    """
    # Two names of the machine's, not of a place: what they mean is not known elsewhere.
    zones = available_timezones() - {"Factory", "localtime"}
    if name in zones:
        return ZoneInfo(name)
    near = get_close_matches(name, sorted(zones), n=3, cutoff=0.5)
    raise ConfigError(
        f"expected a time zone such as Asia/Shanghai or UTC, got {name!r}",
        code="TIME_ZONE_UNKNOWN",
        where="--tz",
        hint="did you mean " + " or ".join(near) + "?"
        if near
        else "see the list of IANA time zones",
    )


def _sniffed(file: RecordFile) -> str:
    found = sniff(file.head, file.path.name)
    if found is None:
        raise InputError(
            "the format could not be told from the first bytes",
            code="FORMAT_UNKNOWN",
            where=str(file.path),
            hint="nothing was stored; name it with --source, one of: " + ", ".join(sorted(FORMATS)),
        )
    return found.format


def _import_file(
    plan: _Plan, path: RatingPath, on_progress: Callable[[Path, int], None]
) -> FileResult:
    begun = time.monotonic()
    app_id = f"file:{plan.file.file_id}"
    counts = Counter(dict.fromkeys(OUTCOMES, 0))
    was_imported = path.publisher.position(f"{app_id}:end") is not None
    if not was_imported:
        stored_rows = path.publisher.position(app_id)
        first_row = 1
        # Runs are cut at the same bytes in every life: what is stored ends where a run ends.
        for decoded, is_last in _runs(plan):
            next_row = first_row + decoded.read_count
            if stored_rows is None or next_row > stored_rows or is_last:
                moves = [Move(app_id=app_id, expected=stored_rows, next=next_row)]
                if is_last:
                    moves.append(Move(app_id=f"{app_id}:end", expected=None, next=next_row))
                counts.update(_store(plan, path, _from_row(decoded, stored_rows or 1), moves))
                stored_rows = next_row
            first_row = next_row
            on_progress(plan.file.path, first_row - 1)
    return FileResult(
        path=plan.file.path,
        source=plan.options.source,
        format=plan.format.name,
        counts=dict(counts),
        was_imported=was_imported,
        seconds=time.monotonic() - begun,
    )


_CUTS = {"lines": runs_of_lines, "stream": runs_of_stream}


def _runs(plan: _Plan) -> Iterator[tuple[DecodedBatch, bool]]:
    """Decode the file run by run, and tell which is the last."""
    cut = _CUTS.get(plan.format.cut, whole)
    first_row, runs = 1, cut(plan.file)
    data = next(runs, None)
    while data is not None:
        following = next(runs, None)
        check_unchanged(plan.file)
        decoded = _decode(plan, data, first_row=first_row)
        if plan.format.cut == "documents":
            _refuse_if_torn(plan, decoded)
        if first_row == 1:
            _refuse_if_nothing_is_readable(plan, decoded)
        yield decoded, following is None
        first_row += decoded.read_count
        data = following


def _from_row(decoded: DecodedBatch, row: int) -> DecodedBatch:
    """Leave out the records before ``row``: an earlier life stored them, in runs cut elsewhere."""
    kept = pc.greater_equal(decoded.cdrs["row"], row)
    if pc.all(kept).as_py() is not False:
        return decoded
    positions = pc.indices_nonzero(kept).to_pylist()
    return DecodedBatch(
        cdrs=decoded.cdrs.filter(kept),
        unreadable=decoded.unreadable.filter(pc.greater_equal(decoded.unreadable["row"], row)),
        raw_of=lambda chosen: decoded.raw_of([positions[each] for each in chosen]),
    )


def _store(
    plan: _Plan, path: RatingPath, decoded: DecodedBatch, moves: Sequence[Move]
) -> Mapping[str, int]:
    return path.store(
        decoded,
        moves=moves,
        trunk_area=plan.options.trunk_area,
        summary={"file": plan.file.path.name, "source": plan.options.source},
    )


def _decode(plan: _Plan, data: bytes, *, first_row: int) -> DecodedBatch:
    payload = Payload(
        data=data,
        first_row=first_row,
        file=plan.file.path.name,
        file_id=plan.file.file_id,
        header=None if first_row == 1 else plan.header,
    )
    return plan.format.decode([payload], plan.options)


def _refuse_if_torn(plan: _Plan, decoded: DecodedBatch) -> None:
    """Refuse documents of which the last is broken: where it ends cannot be told otherwise."""
    broken = decoded.unreadable
    if broken.num_rows and broken["row"][-1].as_py() == decoded.read_count:
        raise _truncated(plan.file.path, broken["suspense_detail"][-1].as_py())


def _truncated(path: Path, why: str) -> InputError:
    return InputError(
        f"the file ends in the middle of a record: {why}",
        code="FILE_TRUNCATED",
        where=str(path),
        hint="nothing of it was stored; fetch it again when the switch has closed it, or end its "
        "last line if you know that it is whole",
    )


def _refuse_if_nothing_is_readable(plan: _Plan, decoded: DecodedBatch) -> None:
    if decoded.cdrs.num_rows:
        return
    if not decoded.read_count:
        raise InputError(
            "expected call records, the file has none",
            code="FILE_EMPTY",
            where=str(plan.file.path),
            hint="nothing was stored; if the switch was idle there is nothing to do",
        )
    details = decoded.unreadable["suspense_detail"]
    first = f"; the first: {details[0].as_py()}" if len(details) else ""
    raise InputError(
        f"not one record could be read as {plan.format.name}{first}",
        code="FORMAT_WRONG",
        where=str(plan.file.path),
        hint=f"nothing was stored; look at it with: cdrpipe cdr sniff {plan.file.path}",
    )
