"""Errors that reach a person, split by what the caller may do about them.

::

    CdrpipeError
    ├── ConfigError    settings, files or flags are wrong: mend them, do not retry
    ├── TariffError    master data (accounts, numbers, plans) is wrong: mend it, do not retry
    ├── InputError     a file handed in cannot be taken as it is: mend or fetch it again
    ├── Unavailable    broker, disk or database is away: retry later
    ├── Refused        the request is understood and not allowed: decide
    └── CorruptLake    stored data is damaged: stop and call someone

A record that cannot be believed is no error: it is suspended with a reason
(``cdr/suspense.py``) and the batch goes on. A broken law of the program is an
``AssertionError``.
"""


class CdrpipeError(Exception):
    """What was expected, what came, where, and what to do about it.

    Parameters
    ----------
    message
        One sentence: what was expected and what came.
    code
        Stable English name in capitals, for scripts.
    where
        ``file:line``, ``topic[partition]@offset`` or a setting's name; empty where there is none.
    hint
        What to do next, and what state things are in.
    faults
        Every single fault found, in file order, where the error sums up several.
    """

    default_code = "ERROR"

    def __init__(
        self,
        message: str,
        *,
        faults: "tuple[Fault, ...]" = (),
        code: str = "",
        where: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.faults = faults
        self.code = code or self.default_code
        self.where = where
        self.hint = hint


class ConfigError(CdrpipeError):
    """Settings or flags are wrong; carries every fault that was found."""

    default_code = "CONFIG_WRONG"


class Fault(CdrpipeError):  # noqa: N818 - one entry of a list, not an error of its own
    """One fault in settings or in a file of master data; collected, never raised alone."""

    default_code = "FAULT"


class TariffError(CdrpipeError):
    """Master data is wrong; carries every fault that was found, in file order."""

    default_code = "MASTER_DATA_WRONG"


class InputError(CdrpipeError):
    """A file handed in cannot be taken as it is; nothing of it was stored."""

    default_code = "INPUT_UNUSABLE"


class Unavailable(CdrpipeError):  # noqa: N818 - the house's name for it, style guide §6
    """Broker, disk or database is away."""

    default_code = "UNAVAILABLE"


class Refused(CdrpipeError):  # noqa: N818 - the house's name for it, style guide §6
    """The request is understood and not allowed."""

    default_code = "REFUSED"


class CorruptLake(CdrpipeError):  # noqa: N818 - the house's name for it, style guide §6
    """Stored data is damaged."""

    default_code = "CORRUPT_LAKE"
