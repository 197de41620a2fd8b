"""Compile the kernels of ``cdrpipe/_fast`` and the catalogues of ``cdrpipe/locale``.

Everything else stands in pyproject.toml.
"""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
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

for catalogue in sorted(Path("cdrpipe/locale").glob("*/LC_MESSAGES/*.po")):
    with catalogue.open("rb") as source, catalogue.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, read_po(source, abort_invalid=True))

# force: a switch between the checked and the release build must not leave the other's C behind.
setup(ext_modules=cythonize(kernels, compiler_directives=DIRECTIVES, force=True, quiet=True))
