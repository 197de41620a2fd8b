"""How the differences between two ratings are shown, by account."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cdrpipe.cli.frame import Flags
from cdrpipe.cli.output import emit_rows
from cdrpipe.language import _

if TYPE_CHECKING:
    from cdrpipe.rating.account_difference import AccountDifference

_COUNTS = ("calls_old", "calls_new", "calls_different", "unpriced_calls")
_AMOUNTS = tuple(
    f"{party}_{name}" for party in ("enterprise", "caller") for name in ("old", "new", "difference")
)
COLUMNS = ("account_id", *_COUNTS, *_AMOUNTS)
# With their names they fit into 80 columns.
PREFERRED = (
    "account_id",
    "calls_new",
    "calls_different",
    "enterprise_new",
    "enterprise_difference",
)


def emit_differences(
    flags: Flags,
    differences: "Sequence[AccountDifference]",
    *,
    kind: str,
    if_empty: str,
    **first_columns: object,
) -> None:
    """Print a row an account, amounts in yuan; ``first_columns`` are the same in every row."""
    emit_rows(
        flags,
        [{**first_columns, **_row(each)} for each in differences],
        kind=kind,
        columns=[*first_columns, *COLUMNS],
        preferred=PREFERRED,
        if_empty=if_empty,
    )


def sum_line(differences: "Sequence[AccountDifference]") -> str:
    """Sum the differences up in one line: calls, and what enterprises and callers owe more."""
    from cdrpipe.money import yuan_of_micros

    return _(
        "{accounts} accounts · {calls} calls, {different} of them different · "
        "enterprises {enterprise} yuan, callers {caller} yuan"
    ).format(
        accounts=f"{len(differences):,}",
        calls=f"{sum(each.calls_old for each in differences):,}",
        different=f"{sum(each.calls_different for each in differences):,}",
        enterprise=f"{yuan_of_micros(_more(differences, 'enterprise')):+,f}",
        caller=f"{yuan_of_micros(_more(differences, 'caller')):+,f}",
    )


def _more(differences: "Sequence[AccountDifference]", party: str) -> int:
    return sum(getattr(each, f"{party}_difference_micros") for each in differences)


def _row(each: "AccountDifference") -> dict[str, Any]:
    from cdrpipe.money import yuan_of_micros

    return {
        "account_id": each.account_id,
        **{name: getattr(each, name) for name in _COUNTS},
        **{name: yuan_of_micros(getattr(each, f"{name}_micros")) for name in _AMOUNTS},
    }
