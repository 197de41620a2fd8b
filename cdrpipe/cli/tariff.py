"""``cdrpipe tariff``: rate plans, loaded, listed and shown as they were written."""

from pathlib import Path

import click

from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.output import emit_document, form_of
from cdrpipe.cli.register import import_into_register, list_register
from cdrpipe.cli.zone import display_tz_option
from cdrpipe.errors import ConfigError
from cdrpipe.language import N_, _

_TABLE_COLUMNS = ("plan_id", "version", "name", "valid_from", "valid_until")

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
@display_tz_option()
@click.pass_obj
def list_(flags: Flags, *, tz: str) -> None:
    """List plan versions."""
    list_register(flags, "rate_plan", tz=tz, preferred=_TABLE_COLUMNS)


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
    from cdrpipe.register.database import open_existing_register
    from cdrpipe.register.plans import stored_text

    config = flags.config()
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    text = stored_text(register, plan_id=plan_id, version=version)
    register.dispose()
    return text
