"""Which records may be parts of calls, and so are looked at together (``correlate.py``)."""

import pyarrow as pa
import pyarrow.compute as pc

from cdrpipe.cdr.duplicate import SeenWindow, Verdict

_NAMES = ("group_id", "first_leg_id", "second_leg_id")


def may_be_parts(
    cdrs: pa.Table, verdict: pa.UInt8Array, seen: SeenWindow
) -> pa.BooleanArray | None:
    """Mark the new records that are of a ring group, name a leg, are named as one, or are partial.

    Parameters
    ----------
    cdrs
        (n,) rows of CDR_SCHEMA, each column one chunk.
    verdict
        (n,) as of ``SeenWindow.judge``.

    Returns
    -------
    (n,) without nulls; None where no record is marked.
    """
    record = {
        name: cdrs.column(name).chunk(0) for name in (*_NAMES, "call_id", "partial_no", "is_final")
    }
    marks = [column.is_valid() for name in _NAMES if _has_values(column := record[name])]
    legs = [record[name] for name in _NAMES[1:] if _has_values(record[name])]
    if legs or seen.knows_legs:
        stored = seen.call_ids_of_legs.to_arrow().cast(pa.string())
        marks.append(pc.is_in(record["call_id"], pa.concat_arrays([*legs, stored]).drop_null()))
    if record["is_final"].true_count < len(verdict):
        marks.append(pc.invert(record["is_final"]))
    if len(verdict) and pc.max(record["partial_no"]).as_py() > 0:
        marks.append(pc.greater(record["partial_no"], 0))
    if not marks:
        return None
    is_part = pc.equal(verdict, int(Verdict.NEW))
    is_marked = marks[0]
    for mark in marks[1:]:
        is_marked = pc.or_(is_marked, mark)
    is_part = pc.and_(is_part, is_marked)
    return is_part if is_part.true_count else None


def _has_values(column: pa.Array) -> bool:
    return bool(column.null_count < len(column))
