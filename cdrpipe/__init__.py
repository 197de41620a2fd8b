"""cdrpipe rates and bills the call detail records of 400 numbers; start with ``pipeline.py``.

In Python there is one function: ``cdrpipe.rate`` prices a table of calls (``docs/api.md``).
"""

import importlib

__all__ = ["rate"]


def __getattr__(name: str) -> object:
    """Import ``rate`` when it is asked for: the command line must not wait for what it needs."""
    if name == "rate":
        return importlib.import_module("cdrpipe.api").rate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
