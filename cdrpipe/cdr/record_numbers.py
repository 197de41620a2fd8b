"""The numbers of a batch's records, normalised a column at a time."""

from dataclasses import dataclass, fields

import pyarrow as pa

from cdrpipe.cdr.normalize import NormalizedNumbers, normalize_batch, service_number_batch
from cdrpipe.numbering.region import RegionTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNumbers:
    """(n,) who called and who answered, and the number dialled as the register writes it.

    ``service_number`` is a dictionary of distinct texts; null where nothing was dialled.
    """

    calling: NormalizedNumbers
    answering: NormalizedNumbers
    service_number: pa.DictionaryArray

    def filter(self, mask: pa.BooleanArray) -> "RecordNumbers":
        """Give those of the records that are marked."""
        return RecordNumbers(
            calling=_filtered(self.calling, mask),
            answering=_filtered(self.answering, mask),
            service_number=self.service_number.filter(mask),
        )


def normalize_records(cdrs: pa.Table, *, regions: RegionTable, trunk_area: str) -> RecordNumbers:
    """Normalise the numbers of records.

    Parameters
    ----------
    cdrs
        (n,) rows of CDR_SCHEMA, each column one chunk.
    trunk_area
        Area code of local numbers that carry none; empty where not known.
    """
    calling, answering = (
        normalize_batch(
            cdrs.column(f"{party}_number_raw").chunk(0), trunk_area=trunk_area, regions=regions
        )
        for party in ("calling", "answering")
    )
    dialled = cdrs.column("service_number_raw").chunk(0)
    # Several texts may name one number.
    named = service_number_batch(dialled.dictionary).dictionary_encode()
    return RecordNumbers(
        calling=calling,
        answering=answering,
        service_number=pa.DictionaryArray.from_arrays(
            named.indices.take(dialled.indices), named.dictionary
        ),
    )


def _filtered(numbers: NormalizedNumbers, mask: pa.BooleanArray) -> NormalizedNumbers:
    return NormalizedNumbers(
        **{each.name: getattr(numbers, each.name).filter(mask) for each in fields(numbers)}
    )
