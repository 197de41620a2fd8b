"""What the linter tells of a plan written in a test, by line."""

from collections.abc import Mapping
from types import MappingProxyType

from cdrpipe.tariff.check import check_rate_plan
from cdrpipe.tariff.finding import Finding

NO_DECKS: Mapping[str, str] = MappingProxyType({})

# Prices every call of the enterprise; whoever appends it has no gap.
REST = '[[rate]]\nparty = "enterprise"\nprice_per_minute = "0.12"\nincrement = "60s"\n'
HEAD = 'id = "p"\nvalid_from = 2026-01-01\n'  # what follows begins on line 3


def findings_of(text: str, decks: Mapping[str, str] = NO_DECKS, **more) -> list[Finding]:
    """Check a plan called p.toml."""
    return list(check_rate_plan(text, file="p.toml", read_deck=decks.__getitem__, **more))


def told(text: str, decks: Mapping[str, str] = NO_DECKS, **more) -> list[tuple[int, str]]:
    """Give line and code of each finding, in file order."""
    return [(each.line, each.code) for each in findings_of(text, decks, **more)]
