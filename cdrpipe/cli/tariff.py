"""``cdrpipe tariff``: rate plans, loaded, listed and shown as they were written."""

from pathlib import Path

import click

from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.output import emit_document, form_of
from cdrpipe.cli.register import import_into_register, list_register
from cdrpipe.errors import ConfigError
from cdrpipe.language import N_, _

tariff = group("tariff", N_("Rate plans: import, list, show."))


@tariff.command(
    "import",
    cls=Command,
    help=N_("Load rate plans from TOML, or a CGRateS tariff plan from its folder; all or none."),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--tz", default="UTC", help_text=N_("Time zone of a CGRateS folder's times."))
@click.pass_obj
def import_(flags: Flags, files: tuple[Path, ...], tz: str) -> None:
    """Import rate plans; a stored version is never changed."""
    from cdrpipe.intake.calendar_data import load_calendars
    from cdrpipe.register.plans import import_plans

    folders = [path for path in files if path.is_dir()]
    if folders and len(files) > 1:
        raise click.UsageError(_("a CGRateS folder is imported by itself"))
    if folders:
        from cdrpipe.cli.cgrates import import_cgrates

        import_cgrates(flags, folders[0], tz=tz)
        return
    calendars = load_calendars(flags.config().calendar_files)
    import_into_register(
        flags,
        files,
        lambda engine, paths, now_us: import_plans(
            engine, paths, now_us=now_us, calendars=calendars
        ),
    )


@tariff.command("list", cls=Command, help=N_("List plan versions and their terms."))
@click.pass_obj
def list_(flags: Flags) -> None:
    """List plan versions."""
    list_register(flags, "rate_plan")


@tariff.command("show", cls=Command, help=N_("Show a plan as it was written."))
@click.argument("plan_id")
@option("--version", type=int, help_text=N_("This version; not given: the newest."))
@click.pass_obj
def show(flags: Flags, plan_id: str, version: int | None) -> None:
    """Print the text that a plan version was imported from."""
    text = _stored_text(flags, plan_id, version)
    if text is None:
        raise ConfigError(
            f"expected a stored plan, got {plan_id!r}" + (f" v{version}" if version else ""),
            code="PLAN_UNKNOWN",
            hint="all:  cdrpipe tariff list",
        )
    if form_of(flags) == "json":
        emit_document({"kind": "rate_plan", "plan_id": plan_id, "text": text})
    else:
        click.echo(text, nl=not text.endswith("\n"))


def _stored_text(flags: Flags, plan_id: str, version: int | None) -> str | None:
    from sqlalchemy import select

    from cdrpipe.register.database import open_register, reading
    from cdrpipe.register.tables import rate_plan_version

    column = rate_plan_version.c
    query = select(column.text).where(column.plan_id == plan_id)
    if version is not None:
        query = query.where(column.version == version)
    with reading(open_register(flags.config().register_file)) as connection:
        text = connection.execute(query.order_by(column.version.desc()).limit(1)).scalar()
    return None if text is None else str(text)
