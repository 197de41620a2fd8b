"""Accounts, numbers and plans: relational truth that people edit."""

from cdrpipe.register.database import open_existing_register, open_register
from cdrpipe.register.snapshot import RegisterSnapshot, load_snapshot, register_revision

__all__ = [
    "RegisterSnapshot",
    "load_snapshot",
    "open_existing_register",
    "open_register",
    "register_revision",
]
