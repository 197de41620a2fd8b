"""The path with its edges: register and stored records in, rows and positions out."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from cdrpipe.cdr.schema import BILLING_ZONE
from cdrpipe.errors import ConfigError, Unavailable
from cdrpipe.guiding.guide import build_guide_table
from cdrpipe.lake.publish import Move, Overtaken, Publisher
from cdrpipe.lake.seen import SeenIndex
from cdrpipe.mediation.payload import DecodedBatch
from cdrpipe.numbering.calendar import Calendar
from cdrpipe.numbering.region import RegionTable
from cdrpipe.pipeline import Reference, process_batch
from cdrpipe.rating.billing_day import billing_days
from cdrpipe.register import RegisterSnapshot, load_snapshot, register_revision
from cdrpipe.register.database import open_existing_register
from cdrpipe.tariff.rate_table import build_rate_table

# A batch is judged again whenever another writer stored records meanwhile: they may be its copies.
JUDGEMENTS_MAX = 50


class RatingPath:
    """Takes decoded batches to the lake, each under the register's newest state.

    Parameters
    ----------
    lake_dir, register_file
        Where calls are stored, and where accounts, numbers and plans stand.
    regions
        Number prefixes with their regions.
    calendars
        Holidays and adjusted workdays, by name.
    horizon_days
        Billing days back in which a copy of a record is recognised.
    now_us
        The clock, UTC µs.
    """

    def __init__(
        self,
        *,
        lake_dir: Path,
        register_file: Path,
        regions: RegionTable,
        calendars: Mapping[str, Calendar],
        horizon_days: int,
        now_us: Callable[[], int],
    ) -> None:
        self._engine = open_existing_register(register_file, lake_dir=lake_dir)
        self._regions = regions
        self._calendars = calendars
        self._now_us = now_us
        self._revision, self._reference = _reference(self._engine, regions, calendars)
        if not self._reference.guide.ownerships.height:
            raise ConfigError(
                "expected service numbers in the register, found none",
                code="REGISTER_EMPTY",
                where=str(register_file),
                hint="load plans, accounts and numbers first: cdrpipe tariff import …, "
                "cdrpipe account import …, cdrpipe number import …",
            )
        self.publisher = Publisher(lake_dir)
        today = dt.datetime.fromtimestamp(now_us() / 1e6, ZoneInfo(BILLING_ZONE)).date()
        self._seen = SeenIndex(self.publisher, horizon_days=horizon_days, today=today)

    def store(
        self,
        decoded: DecodedBatch,
        *,
        moves: Sequence[Move],
        trunk_area: str = "",
        summary: Mapping[str, str],
    ) -> Mapping[str, int]:
        """Rate a batch and store it with the positions it came from.

        Returns
        -------
        The number of records by outcome; their sum is the number read.

        Raises
        ------
        Fenced
            Another writer stored these records. Nothing was stored.
        Unavailable
            The disk would not take the rows. Nothing was stored; the same batch can be given again.
        """
        self._follow_register()
        days = billing_days(decoded.cdrs)
        for _ in range(JUDGEMENTS_MAX):
            processed = process_batch(
                decoded,
                reference=self._reference,
                seen=self._seen.catch_up(days),
                received_at_us=self._now_us(),
                trunk_area=trunk_area,
            )
            counts = {name: str(count) for name, count in processed.counts.items()}
            try:
                stored = self.publisher.publish(
                    processed.rows,
                    moves=moves,
                    judged_at=self._seen.version,
                    summary={**summary, **counts, "read": str(decoded.read_count)},
                )
            except Overtaken:
                continue
            self._seen.admit_stored(processed.fresh, stored)
            return processed.counts
        raise Unavailable(
            f"expected to commit among other writers, was overtaken {JUDGEMENTS_MAX} times",
            code="LAKE_BUSY",
            where=str(self.publisher.path),
            hint="nothing of this batch was stored; run fewer writers on one lake, then try again",
        )

    def _follow_register(self) -> None:
        if register_revision(self._engine) != self._revision:
            self._revision, self._reference = _reference(
                self._engine, self._regions, self._calendars
            )


def _reference(
    engine: Engine, regions: RegionTable, calendars: Mapping[str, Calendar]
) -> tuple[int, Reference]:
    snapshot = load_snapshot(engine)
    return snapshot.revision, reference_of(snapshot, regions, calendars)


def reference_of(
    snapshot: RegisterSnapshot, regions: RegionTable, calendars: Mapping[str, Calendar]
) -> Reference:
    """Make what the path looks things up in of one state of the register."""
    versions = snapshot.with_reached_classes(snapshot.plan_versions)
    return Reference(
        regions=regions,
        guide=build_guide_table(
            snapshot.ownerships, snapshot.subscriptions, versions, snapshot.top_ups
        ),
        rates=build_rate_table(versions, calendars),
        plan_versions=versions,
    )
