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
        "redo": Lazy("cdrpipe.cli.rate_redo:redo", N_("Rate stored calls again.")),
        "versions": Lazy("cdrpipe.cli.rate_versions:versions", N_("List the rating versions.")),
        "activate": Lazy("cdrpipe.cli.rate_versions:activate", N_("Put a version in force.")),
        "abandon": Lazy("cdrpipe.cli.rate_versions:abandon", N_("Close a version for ever.")),
        "diff": Lazy("cdrpipe.cli.rate_versions:diff", N_("Compare two rating versions.")),
        "whatif": Lazy("cdrpipe.cli.rate_whatif:whatif", N_("A month under another tariff.")),
    },
)
