"""``cdrpipe account``: who pays, what they subscribe to, and what they paid in."""

from pathlib import Path

import click

from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.register import import_into_register, list_register
from cdrpipe.cli.zone import display_tz_option
from cdrpipe.language import N_, _

account = group("account", N_("Who pays: import, list."))


@account.command(
    "import", cls=Command, help=N_("Load accounts, subscriptions, top-ups from CSV, all or none.")
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_obj
def import_(flags: Flags, files: tuple[Path, ...]) -> None:
    """Import files of accounts, subscriptions and top-ups."""
    from cdrpipe.register.accounts import import_accounts

    import_into_register(
        flags, files, lambda engine, paths, now_us: import_accounts(engine, paths, now_us=now_us)
    )


@account.command("list", cls=Command, help=N_("List accounts, or subscriptions, or top-ups."))
@option("--subscriptions", is_flag=True, help_text=N_("The subscriptions instead."))
@option("--top-ups", is_flag=True, help_text=N_("The top-ups instead."))
@display_tz_option()
@click.pass_obj
def list_(flags: Flags, *, subscriptions: bool, top_ups: bool, tz: str) -> None:
    """List accounts, subscriptions or top-ups."""
    if subscriptions and top_ups:
        raise click.UsageError(_("--subscriptions and --top-ups exclude each other"))
    table = "subscription" if subscriptions else "top_up" if top_ups else "account"
    list_register(flags, table, tz=tz)
