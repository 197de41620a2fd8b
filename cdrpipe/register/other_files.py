"""Recognise a file of master data that was handed to another import than its own."""

import csv
import re
from collections.abc import Collection

# What a kind of file is called, the columns that it must have, and the command that takes it. A
# test holds the columns equal to those that the imports ask for.
_KINDS = (
    ("top-up", {"top_up_id", "account_id", "kind", "valid_from"}, "cdrpipe account import"),
    (
        "subscription",
        {"subscription_id", "account_id", "plan_id", "valid_from"},
        "cdrpipe account import",
    ),
    ("bound-number", {"service_number", "bound_number", "valid_from"}, "cdrpipe number import"),
    ("ownership", {"service_number", "account_id", "valid_from"}, "cdrpipe number import"),
    ("account", {"account_id", "name"}, "cdrpipe account import"),
)
_RATE_PLAN = re.compile(r"^\s*id\s*=|^\s*\[\[", re.MULTILINE)


def wrong_import(text: str, *, taken: Collection[str]) -> str:
    """Say which command the file belongs to; empty where it may be of a kind taken, or of none.

    >>> wrong_import("service_number,account_id,valid_from", taken=("account", "subscription"))
    'this is an ownership file: import it with cdrpipe number import'
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    header = {cell.strip() for cell in next(csv.reader([first]), [])}
    fitting = {kind: command for kind, needed, command in _KINDS if needed <= header}
    if not fitting and _RATE_PLAN.search(text):
        fitting = {"rate plan": "cdrpipe tariff import"}
    if not fitting or any(kind in taken for kind in fitting):
        return ""
    kind, command = next(iter(fitting.items()))
    article = "an" if kind[0] in "aeiou" else "a"
    return f"this is {article} {kind}{'' if ' ' in kind else ' file'}: import it with {command}"
