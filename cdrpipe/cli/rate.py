"""``cdrpipe rate``: why a call costs what it costs, and what it would cost otherwise."""

from cdrpipe.cli.frame import Lazy, LazyGroup
from cdrpipe.language import N_

rate = LazyGroup(
    "rate",
    help=N_("What calls cost: explain, re-rate, compare."),
    lazy={
        "whatif": Lazy("cdrpipe.cli.rate_whatif:whatif", N_("A month under another tariff.")),
    },
)
