"""Import who owns which service number, and which phones take its calls (``docs/register.md``)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from cdrpipe.guiding.ownership import BILL_FROM
from cdrpipe.register import tables
from cdrpipe.register.cells import (
    area_code_reader,
    choice_reader,
    read_identifier,
    read_instant_us,
    read_service_number,
    read_sources,
)
from cdrpipe.register.database import writing
from cdrpipe.register.fault_list import FaultList
from cdrpipe.register.intervals import refuse_overlaps
from cdrpipe.register.master_file import Column, FileKind, MasterRow, read_master_files
from cdrpipe.register.merge import ImportResult, merge_rows, store
from cdrpipe.register.references import known_values, refuse_unknown

_SERVICE_NUMBER = Column(
    name="service_number", field="service_number", read=read_service_number, is_required=True
)
_VALID_FROM = Column(
    name="valid_from", field="valid_from_us", read=read_instant_us, is_required=True
)
_VALID_UNTIL = Column(name="valid_until", field="valid_until_us", read=read_instant_us)

BOUND_NUMBER_FILE = FileKind(
    name="bound-number",
    table=tables.bound_number,
    columns=(
        _SERVICE_NUMBER,
        Column(
            name="bound_number", field="bound_number", read=read_service_number, is_required=True
        ),
        _VALID_FROM,
        _VALID_UNTIL,
    ),
)


def ownership_file(known_area_codes: Mapping[str, int]) -> FileKind:
    """Describe ownership files, whose home area codes must be among the known ones."""
    return FileKind(
        name="ownership",
        table=tables.ownership,
        columns=(
            _SERVICE_NUMBER,
            Column(name="account_id", field="account_id", read=read_identifier, is_required=True),
            _VALID_FROM,
            _VALID_UNTIL,
            Column(
                name="bill_from",
                field="bill_from",
                read=choice_reader(*BILL_FROM),
                blank=BILL_FROM[0],
            ),
            Column(
                name="home_area_code",
                field="home_region_id",
                read=area_code_reader(known_area_codes),
                blank=0,
            ),
            Column(
                name="bridged_is_answered_for",
                field="bridged_is_answered_for",
                read=read_sources,
                blank="",
            ),
        ),
    )


def import_numbers(
    engine: Engine, files: Sequence[Path], *, now_us: int, known_area_codes: Mapping[str, int]
) -> ImportResult:
    """Store the ownerships and bound numbers of some files, all or none.

    A row replaces the stored one of the same number (bound number: both numbers) and valid_from.

    Parameters
    ----------
    known_area_codes
        Region id of each area code, such as ``{"0755": 440755}``.

    Raises
    ------
    TariffError
        Anything in any file is wrong; carries every fault, and nothing was stored.
    """
    faults = FaultList()
    kinds = (ownership_file(known_area_codes), BOUND_NUMBER_FILE)
    rows = read_master_files(files, kinds, faults)
    with writing(engine) as connection:
        ownerships = merge_rows(connection, tables.ownership, rows, faults)
        bound_numbers = merge_rows(connection, tables.bound_number, rows, faults)
        _refuse_unknown_references(connection, rows, faults)
        refuse_overlaps(
            ownerships,
            lambda values: (values["service_number"],),
            subject=lambda group: f"service number {group[0]}",
            faults=faults,
        )
        refuse_overlaps(
            bound_numbers,
            lambda values: (values["service_number"], values["bound_number"]),
            subject=lambda group: f"bound number {group[1]} of {group[0]}",
            faults=faults,
        )
        faults.raise_if_any()
        return store(connection, (ownerships, bound_numbers), now_us=now_us)


def _refuse_unknown_references(
    connection: Connection, rows: Sequence[MasterRow], faults: FaultList
) -> None:
    refuse_unknown(
        rows,
        table=tables.ownership,
        name="account_id",
        known=known_values(connection, tables.account.c.account_id, ()),
        hint="Import the account first: cdrpipe account import.",
        faults=faults,
    )
    refuse_unknown(
        rows,
        table=tables.bound_number,
        name="service_number",
        known=known_values(connection, tables.ownership.c.service_number, rows),
        hint="Import the number's ownership first, or in the same command.",
        faults=faults,
    )
