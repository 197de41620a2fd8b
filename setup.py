"""Compile the Cython kernels of ``cdrpipe/_fast``; everything else stands in pyproject.toml."""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

CHECKED = os.environ.get("CDRPIPE_CHECKED") == "1"

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": CHECKED,
    "initializedcheck": CHECKED,
    "wraparound": False,
    "cdivision": True,
    "embedsignature": True,
}

kernels = [
    Extension(
        f"cdrpipe._fast.{path.stem}",
        [str(path)],
        extra_compile_args=["-O3", "-fwrapv", "-Wall", "-Wno-unused-function"],
    )
    for path in sorted(Path("cdrpipe/_fast").glob("*.pyx"))
]

# force: a switch between the checked and the release build must not leave the other's C behind.
setup(ext_modules=cythonize(kernels, compiler_directives=DIRECTIVES, force=True, quiet=True))
