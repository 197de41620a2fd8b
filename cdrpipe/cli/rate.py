"""``cdrpipe rate``: why a call costs what it costs, and what it would cost otherwise."""

from cdrpipe.cli.frame import Lazy, LazyGroup
from cdrpipe.language import N_

rate = LazyGroup(
    "rate",
    help=N_("What calls cost: explain, re-rate, compare."),
    lazy={
        "explain": Lazy(
            "cdrpipe.cli.rate_explain:explain",
            N_("Show why a call costs what it costs, to the micro."),
        ),
    },
)
