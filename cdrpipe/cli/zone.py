"""Time zones on the command line, by their IANA names."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import click

from cdrpipe.cli.frame import option
from cdrpipe.language import N_, _

DISPLAY_TZ = "Asia/Shanghai"


class _Zone(click.ParamType[str]):
    name = "zone"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take a name that the zone data has; any other is a usage error."""
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
        near = get_close_matches(value, sorted(available_timezones()), n=1, cutoff=0.5)
        self.fail(
            _("expected a time zone such as {near}, got {text}").format(
                near=near[0] if near else DISPLAY_TZ, text=value
            ),
            param,
            ctx,
        )


ZONE = _Zone()


def display_tz_option() -> Callable[..., Any]:
    """Declare ``--tz``: the zone in which instants are shown."""
    return option(
        "--tz",
        metavar="ZONE",
        type=ZONE,
        default=DISPLAY_TZ,
        help_text=N_("Show instants in this zone."),
    )
