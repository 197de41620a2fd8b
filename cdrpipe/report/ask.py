"""Put lake, register and regions under one connection, as the settings say."""

import duckdb

from cdrpipe.config import Config
from cdrpipe.intake.calendar_data import load_calendars
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.lake.query import DISPLAY_TZ, open_query, stored_in
from cdrpipe.numbering.region import region_rows
from cdrpipe.register.arrow_tables import register_tables, versions_in_force
from cdrpipe.register.database import open_existing_register, reading
from cdrpipe.register.snapshot import stored_plan_versions
from cdrpipe.report.charge_views import PricedBy, add_charge_views


def open_answers(config: Config, *, tz: str = DISPLAY_TZ) -> duckdb.DuckDBPyConnection:
    """Open a connection on all that docs/sql.md names, as it stands now.

    Raises
    ------
    ConfigError
        There is no register where the settings say.
    CorruptLake
        Register or lake are damaged.

    Notes
    -----
    Cost: some 100 ms. Give each answer a connection of its own, or close it: it holds no lock, but
    sees only what was committed before.
    """
    regions = region_rows(load_region_table(config.region_overrides))
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    tables = register_tables(register)
    register.dispose()
    # The register first: rows of what it has in force are in the lake by now.
    connection = open_query(
        stored_in(config.lake_dir),
        {**tables, "region": regions},
        in_force=versions_in_force(tables),
        tz=tz,
    )
    add_charge_views(connection, lambda: _priced_by(config))
    return connection


def _priced_by(config: Config) -> PricedBy:
    """Read plan versions and calendars; a version never changes, so they may be read later."""
    register = open_existing_register(config.register_file, lake_dir=config.lake_dir)
    with reading(register) as connection:
        plan_versions = stored_plan_versions(connection)
    register.dispose()
    return PricedBy(plan_versions, load_calendars(config.calendar_files))
