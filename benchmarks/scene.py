"""A register and a month of calls for measuring, made by the demo's generator."""

import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cdrpipe.config import Config
from cdrpipe.demo.messages import arrow_messages, write_ndjson
from cdrpipe.demo.planted import Planted
from cdrpipe.demo.register_files import write_register
from cdrpipe.demo.run import ACCOUNTS, load_register, month_before
from cdrpipe.demo.traffic import Traffic, generate_traffic
from cdrpipe.intake.region_data import load_region_table

SEED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where the register and the files of calls are, and what must come of the calls."""

    register_file: Path
    arrow_file: Path
    json_file: Path
    planted: Planted

    def config(self, folder: Path) -> Config:
        """Give settings of a fresh lake in ``folder`` over the same register."""
        folder.mkdir(parents=True)
        config = Config(data_dir=folder)
        config.register_file.write_bytes(self.register_file.read_bytes())
        return config


def make_scene(folder: Path, *, calls: int) -> Scene:
    """Make a register and the same calls as an Arrow stream and as JSON lines."""
    now_us = time.time_ns() // 1000
    register = write_register(
        folder / "register", accounts=ACCOUNTS, seed=SEED, month=month_before(now_us)
    )
    config = Config(data_dir=folder / "data")
    load_register(config, folder / "register", now_us=now_us)
    traffic = generate_traffic(
        register, calls=calls, seed=SEED, regions=load_region_table(), now_us=now_us
    )
    json_file = folder / "calls.ndjson"
    write_ndjson(traffic.chunks(), json_file)
    return Scene(
        register_file=config.register_file,
        arrow_file=_write_arrow(traffic, folder / "calls.arrow"),
        json_file=json_file,
        planted=traffic.planted,
    )


def _write_arrow(traffic: Traffic, file: Path) -> Path:
    streams = [
        pa.ipc.open_stream(message.value).read_all()
        for chunk in traffic.chunks()
        for message in arrow_messages(chunk, rows_per_message=100_000)
    ]
    with file.open("wb") as sink, pa.ipc.new_stream(sink, streams[0].schema) as stream:
        for table in streams:
            stream.write_table(table)
    return file
