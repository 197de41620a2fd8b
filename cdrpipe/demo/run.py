"""Everything once: a register and a month of calls, through an embedded broker, to the lake."""

import datetime as dt
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cdrpipe.config import Config, KafkaSettings
from cdrpipe.daemon import daemon_settings, run_daemon
from cdrpipe.demo.feed import TOPIC, Feeder, start_broker
from cdrpipe.demo.planted import Planted
from cdrpipe.demo.register_files import write_register
from cdrpipe.demo.register_plan import RegisterPlan
from cdrpipe.demo.traffic import Traffic, generate_traffic
from cdrpipe.errors import Refused, Unavailable
from cdrpipe.intake.region_data import load_region_table
from cdrpipe.kafka.progress import DaemonProgress
from cdrpipe.register import open_register
from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.numbers import import_numbers
from cdrpipe.register.plans import import_plans

ACCOUNTS = 200
# Calls that travel as a message of their own; the others in Arrow batches.
SINGLE_SHARE = 0.1

_PLANS = Path(__file__).parent / "plans"
_MARK = ".cdrpipe-demo"
_FLUSH_ROWS = 20_000
_FLUSH_MS = 500
# The feeder never pauses as long: nothing for this time means that nothing more will come.
_IDLE_MS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What was made: settings that name it, the month, what was planted, what was counted."""

    config: Config
    config_file: Path
    month: str
    planted: Planted
    outcomes: Mapping[str, int]


def run_demo(
    *,
    calls: int,
    out: Path,
    seed: int,
    now_us: int,
    on_phase: Callable[[str], None],
    on_progress: Callable[[DaemonProgress, int], None],
) -> DemoResult:
    """Make a register and a month of calls, and take them to the lake.

    Parameters
    ----------
    calls
        How many calls; copies and second legs are records besides.
    out
        Folder for all that is made; one that an earlier demo made is replaced.
    now_us
        The clock, UTC µs; the calls are those of the month before.
    on_phase
        Told each step before it begins: ``register``, ``traffic``, ``rate``.
    on_progress
        Told where the daemon is, with the number of records there will be.

    Raises
    ------
    Refused
        ``out`` has something in it that no demo made.
    Unavailable
        The embedded broker failed.
    """
    _empty(out)
    month = month_before(now_us)
    on_phase("register")
    config = Config(data_dir=out.resolve() / "data")
    register = write_register(out / "register", accounts=ACCOUNTS, seed=seed, month=month)
    load_register(config, out / "register", now_us=now_us)
    on_phase("traffic")
    traffic = _plan_traffic(register, calls=calls, seed=seed, now_us=now_us)
    on_phase("rate")
    outcomes = _take_to_lake(config, traffic, on_progress)
    return DemoResult(
        config=config,
        config_file=_write_settings(out, config),
        month=month,
        planted=traffic.planted,
        outcomes=outcomes,
    )


def load_register(config: Config, files: Path, *, now_us: int) -> None:
    """Load the published plans and the register's files, as an operator would."""
    areas = {area.area_code: area.region_id for area in load_region_table().areas}
    engine = open_register(config.register_file)
    import_plans(engine, sorted(_PLANS.glob("*.toml")), now_us=now_us)
    import_accounts(
        engine,
        [files / f"{name}.csv" for name in ("accounts", "subscriptions", "top_ups")],
        now_us=now_us,
    )
    import_numbers(
        engine,
        [files / "numbers.csv", files / "bound_numbers.csv"],
        now_us=now_us,
        known_area_codes=areas,
    )
    engine.dispose()


def _empty(out: Path) -> None:
    if out.exists():
        if any(out.iterdir()) and not (out / _MARK).exists():
            raise Refused(
                "expected an empty folder or one of an earlier demo, found other files in it",
                code="FOLDER_IN_USE",
                where=str(out),
                hint="name another folder with --out",
            )
        shutil.rmtree(out)
    out.mkdir(parents=True)
    (out / _MARK).write_text("made by cdrpipe demo; the next demo replaces this folder\n")


def month_before(now_us: int) -> str:
    """Name the last month that is over in China: ``2026-10``."""
    china = dt.timezone(dt.timedelta(hours=8))
    today = dt.datetime.fromtimestamp(now_us / 1e6, china).date()
    return (today.replace(day=1) - dt.timedelta(days=1)).strftime("%Y-%m")


def _plan_traffic(register: RegisterPlan, *, calls: int, seed: int, now_us: int) -> Traffic:
    return generate_traffic(
        register,
        calls=calls,
        seed=seed,
        regions=load_region_table(),
        now_us=now_us,
        single_share=SINGLE_SHARE,
    )


def _take_to_lake(
    config: Config, traffic: Traffic, on_progress: Callable[[DaemonProgress, int], None]
) -> Mapping[str, int]:
    broker = start_broker()
    stop = threading.Event()
    stored_count = 0

    def follow(progress: DaemonProgress) -> None:
        nonlocal stored_count
        stored_count = progress.committed_rows
        on_progress(progress, traffic.planted.read)
        if stored_count >= traffic.planted.read or broker.faults:
            stop.set()

    feeder = Feeder(broker, traffic, stored_count=lambda: stored_count)
    fed = config.model_copy(
        update={
            "kafka": KafkaSettings(
                bootstrap=broker.bootstrap,
                topics=(TOPIC,),
                group="demo",
                flush_rows=_FLUSH_ROWS,
                flush_ms=_FLUSH_MS,
            )
        }
    )
    feeder.start()
    try:
        result = run_daemon(
            daemon_settings(fed, stop_when_idle_ms=_IDLE_MS), stop=stop, on_progress=follow
        )
    finally:
        feeder.stop()
        feeder.join()
    if broker.faults:
        raise Unavailable(
            f"the embedded broker refused a message: {broker.faults[0]}", code="KAFKA_UNAVAILABLE"
        )
    return result.outcomes


def _write_settings(out: Path, config: Config) -> Path:
    file = out / "cdrpipe.toml"
    file.write_text(f'data_dir = "{config.data_dir.as_posix()}"\n', encoding="utf-8")
    return file
