"""``cdrpipe account``: who pays, and what they subscribe to."""

from pathlib import Path

import click

from cdrpipe.cli.frame import Command, Flags, group, option
from cdrpipe.cli.register import import_into_register, list_register
from cdrpipe.cli.zone import display_tz_option
from cdrpipe.language import N_

account = group("account", N_("Who pays: import, list."))


@account.command(
    "import", cls=Command, help=N_("Load accounts and subscriptions from CSV, all or none.")
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_obj
def import_(flags: Flags, files: tuple[Path, ...]) -> None:
    """Import files of accounts and subscriptions."""
    from cdrpipe.register.accounts import import_accounts

    import_into_register(
        flags, files, lambda engine, paths, now_us: import_accounts(engine, paths, now_us=now_us)
    )


@account.command("list", cls=Command, help=N_("List accounts, or subscriptions."))
@option("--subscriptions", is_flag=True, help_text=N_("The subscriptions instead."))
@display_tz_option()
@click.pass_obj
def list_(flags: Flags, *, subscriptions: bool, tz: str) -> None:
    """List accounts or subscriptions."""
    list_register(flags, "subscription" if subscriptions else "account", tz=tz)
