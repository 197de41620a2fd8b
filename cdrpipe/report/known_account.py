"""Refuse a question about an account that nobody knows."""

from collections.abc import Collection

from cdrpipe.errors import ConfigError


def check_account(account_id: str, known: Collection[str]) -> None:
    """Make sure that the register has an account.

    Raises
    ------
    ConfigError
        It has none of that id.
    """
    if account_id not in known:
        raise ConfigError(
            f"expected an account of the register, got {account_id!r}",
            code="ACCOUNT_UNKNOWN",
            where="--account",
            hint="all:  cdrpipe account list",
        )
