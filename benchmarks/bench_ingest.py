"""File to committed lake: decode, normalise, duplicates, owners, both charges, Parquet, fsync."""

import tempfile
from itertools import count
from pathlib import Path

from benchmarks.measure import RUNS, Measured, measure
from benchmarks.scene import Scene, make_scene
from cdrpipe.intake.importer import import_files

SMALL_CALLS = 2_000
FULL_CALLS = 500_000


def bench_ingest(*, calls: int, runs: int = RUNS) -> list[Measured]:
    """Import the same calls as an Arrow stream and as JSON lines, each time into a fresh lake."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene = make_scene(folder / "scene", calls=calls)
        fresh = count()
        return [
            measure(
                f"import {file.suffix} to committed lake",
                lambda file=file: _import(scene, folder / f"lake-{next(fresh)}", file),
                rows=scene.planted.read,
                runs=runs,
            )
            for file in (scene.arrow_file, scene.json_file)
        ]


def _import(scene: Scene, folder: Path, file: Path) -> int:
    (result,) = import_files([file], config=scene.config(folder))
    planted = scene.planted
    assert (result.counts["rated"], result.read_count) == (planted.rated, planted.read)
    return result.counts["rated"]
