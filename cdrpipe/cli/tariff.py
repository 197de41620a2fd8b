"""``cdrpipe tariff``: rate plans, loaded, listed and shown as they were written."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdrpipe.cli.frame import Command, Flags, Lazy, LazyGroup, option
from cdrpipe.cli.output import emit_document, form_of, hint
from cdrpipe.cli.register import import_into_register, list_register
from cdrpipe.cli.zone import display_tz_option
from cdrpipe.errors import ConfigError
from cdrpipe.language import N_, _

if TYPE_CHECKING:
    from cdrpipe.register.plan_text import PlanText

_TABLE_COLUMNS = ("plan_id", "version", "status", "name", "valid_from", "valid_until")

tariff = LazyGroup(
    "tariff",
    help=N_("Rate plans: import, check, compare."),
    lazy={
        "check": Lazy(
            "cdrpipe.cli.tariff_check:check",
            N_("Find gaps, what is never reached and doubtful prices in files or stored plans."),
        ),
        "diff": Lazy(
            "cdrpipe.cli.tariff_diff:diff",
            N_("Compare two plans: files, stored plans (PLAN) or versions of them (PLAN@VERSION)."),
        ),
        "activate": Lazy(
            "cdrpipe.cli.tariff_change:activate",
            N_("Put a draft in force: calls are priced by it from then on."),
        ),
        "retire": Lazy(
            "cdrpipe.cli.tariff_change:retire",
            N_("End a plan version: from then on it prices no call."),
        ),
        "export": Lazy(
            "cdrpipe.cli.tariff_export:export",
            N_("Write a stored plan and its decks as files, as they came in."),
        ),
    },
)


@tariff.command(
    "import",
    cls=Command,
    help=N_("Load rate plans from TOML, or a CGRateS tariff plan from its folder; all or none."),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--tz", default="UTC", help_text=N_("Time zone of a CGRateS folder's times."))
@option("--draft", is_flag=True, help_text=N_("Store drafts: they price no call until activated."))
@click.pass_obj
def import_(flags: Flags, files: tuple[Path, ...], *, tz: str, draft: bool) -> None:
    """Import rate plans; a stored version is never changed, but for a draft by another."""
    from cdrpipe.intake.calendar_data import load_calendars
    from cdrpipe.register.plans import import_drafts, import_plans

    folders = [path for path in files if path.is_dir()]
    if folders and len(files) > 1:
        raise click.UsageError(_("a CGRateS folder is imported by itself"))
    if folders and draft:
        raise click.UsageError(_("a CGRateS folder is imported without --draft"))
    if folders:
        from cdrpipe.cli.cgrates import import_cgrates

        import_cgrates(flags, folders[0], tz=tz)
        return
    calendars = load_calendars(flags.config().calendar_files)
    take = import_drafts if draft else import_plans
    import_into_register(
        flags,
        files,
        lambda engine, paths, now_us: take(engine, paths, now_us=now_us, calendars=calendars),
    )


@tariff.command("list", cls=Command, help=N_("List plan versions, their status and terms."))
@display_tz_option()
@click.pass_obj
def list_(flags: Flags, *, tz: str) -> None:
    """List plan versions."""
    now = datetime.now(UTC)
    list_register(
        flags,
        "rate_plan",
        tz=tz,
        preferred=_TABLE_COLUMNS,
        derived={"status": lambda row: _status(row, now)},
    )


@tariff.command("show", cls=Command, help=N_("Show a plan as it was written, or one of its decks."))
@click.argument("plan_id")
@option("--version", type=int, help_text=N_("This version; not given: the newest."))
@option("--deck", metavar="NAME", help_text=N_("This deck of the plan instead of its text."))
@click.pass_obj
def show(flags: Flags, plan_id: str, version: int | None, deck: str | None) -> None:
    """Print the text that a plan version was imported from, or that of a deck."""
    _texts, chosen = stored_plan(flags, plan_id, version)
    if deck is not None and deck not in chosen.decks:
        names = ", ".join(chosen.decks)
        raise ConfigError(
            f"expected a deck of plan {plan_id}, got {deck!r}",
            code="DECK_UNKNOWN",
            hint=f"there is {names}" if names else "the plan has no decks",
        )
    text = chosen.text if deck is None else chosen.decks[deck]
    rows = {name: _row_count(content) for name, content in chosen.decks.items()}
    if form_of(flags) == "json":
        decks = [{"name": name, "rows": count} for name, count in rows.items()]
        emit_document(
            {"kind": "rate_plan", "plan_id": plan_id, "deck": deck, "text": text, "decks": decks}
        )
        return
    click.echo(text, nl=not text.endswith("\n"))
    for name, count in rows.items() if deck is None else ():
        hint(
            flags,
            _("deck {name}: {count} rates; --deck {name} shows it").format(name=name, count=count),
        )


def stored_plan(
    flags: Flags, plan_id: str, version: int | None
) -> "tuple[tuple[PlanText, ...], PlanText]":
    """Give all files of a stored plan, and the one of a version, or of the highest."""
    from cdrpipe.register.database import open_existing_register
    from cdrpipe.register.plan_text import stored_texts, text_of_version

    config = flags.config()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    texts = stored_texts(register, plan_id=plan_id)
    register.dispose()
    chosen = text_of_version(texts, version)
    if chosen is None:
        raise ConfigError(
            f"expected a stored plan, got {plan_id!r}" + (f" v{version}" if version else ""),
            code="PLAN_UNKNOWN",
            hint="all:  cdrpipe tariff list",
        )
    return texts, chosen


def _status(row: Mapping[str, object], now: datetime) -> str:
    """Say whether a version is a draft, in force or to come (active), or over (ended)."""
    if row["activated_at"] is None:
        return "draft"
    until = row["valid_until"]
    return "ended" if isinstance(until, datetime) and until <= now else "active"


def _row_count(deck: str) -> int:
    """Count the rows of a deck behind its header."""
    return max(sum(1 for cells in csv.reader(deck.split("\n")) if cells) - 1, 0)
