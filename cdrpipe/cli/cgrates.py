"""Import a CGRateS tariff plan from its folder into the register, and say what it changes."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cdrpipe.cli.frame import Flags
from cdrpipe.cli.output import emit_document, emit_rows, form_of, hint
from cdrpipe.language import _

if TYPE_CHECKING:
    from cdrpipe.tariff.cgrates_difference import Difference

# A cell shows that many lines; JSON has them all.
_PLACES_SHOWN_MAX = 3


def import_cgrates(flags: Flags, folder: Path, *, tz: str) -> None:
    """Import a folder, and show where its calls may cost something else than in CGRateS."""
    from cdrpipe.intake.cgrates_folder import read_cgrates_folder
    from cdrpipe.register.database import open_register
    from cdrpipe.register.plans import import_written_plans
    from cdrpipe.tariff.cgrates import read_cgrates_plan
    from cdrpipe.tariff.cgrates_deck import write_rate_plan

    read = read_cgrates_plan(read_cgrates_folder(folder), tz=tz)
    plans = {plan_id: write_rate_plan(versions) for plan_id, versions in read.plans.items()}
    engine = open_register(flags.config().register_file)
    result = import_written_plans(engine, plans, now_us=time.time_ns() // 1000)
    [counts] = result.tables
    if form_of(flags) == "json":
        imported = {
            "plans": list(plans),
            "added": counts.added,
            "changed": counts.changed,
            "unchanged": counts.unchanged,
        }
        differences = [_row(each, list(each.places)) for each in read.differences]
        emit_document({"kind": "cgrates_import", **imported, "differences": differences})
    else:
        rows = [_row(each, _shown(each.places)) for each in read.differences]
        emit_rows(flags, rows, kind="cgrates_import")
    hint(
        flags,
        _("{plans} plans: {added} versions added, {changed} changed, {unchanged} unchanged").format(
            plans=len(plans),
            added=counts.added,
            changed=counts.changed,
            unchanged=counts.unchanged,
        ),
    )


def _row(difference: "Difference", places: object) -> dict[str, object]:
    return {"code": difference.code, "difference": difference.message, "places": places}


def _shown(places: Sequence[str]) -> str:
    shown = list(places[:_PLACES_SHOWN_MAX])
    if len(places) > len(shown):
        shown.append(_("and {count} more").format(count=len(places) - len(shown)))
    return ", ".join(shown)
