# make demo    everything once, on generated calls, with everything embedded
# make test    the tests; those that need a broker are skipped with their reason where none can be had
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
KERNELS := $(wildcard cdrpipe/_fast/*.pyx cdrpipe/_fast/*.pxd)
CATALOGUES := $(wildcard cdrpipe/locale/*/LC_MESSAGES/*.po)

.PHONY: demo test lint build checked bench bench-full kafka lock messages docs clean browser

demo: build
	$(BIN)/cdrpipe demo $(ARGS)

test: build $(VENV)/.dev
	$(BIN)/pytest $(ARGS)

lint: build $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PATH="$(abspath $(BIN)):$$PATH" cython-lint cdrpipe/_fast
	$(BIN)/lint-imports --no-cache

build: $(VENV)/.built

# The kernels with bounds and initialisation checks on, then the tests on them; `make clean build` goes back.
checked: $(VENV)/.dev
	rm -f $(VENV)/.built
	CDRPIPE_CHECKED=1 $(MAKE) build
	$(BIN)/pytest $(ARGS)
	rm -f $(VENV)/.built

bench: build $(VENV)/.dev
	$(BIN)/python -m benchmarks $(ARGS)

# Ten million random calls over random tariffs, priced by the kernel and by the rule.
bench-full: build $(VENV)/.dev
	PYTHONPATH=tests $(BIN)/python -m benchmarks.kernel_equals_rule $(ARGS)

# Apache Kafka's jars for the broker tests (needs Java 17 and Maven; once, into ~/.cache/cdrpipe).
kafka: $(VENV)/.dev
	$(BIN)/python tests/broker/jars.py

# The product's sentences into the catalogues of cdrpipe/locale; what is new waits for a translation.
messages: $(VENV)/.dev
	$(BIN)/python tests/tidy/catalogue.py

# The pages of docs/ as a site, in site/.
docs: $(VENV)/.run
	$(UV) pip install -q -p $(BIN)/python --group docs
	$(BIN)/zensical build --strict

# Pages of the console in a real browser; there is no console yet.
browser:
	@echo "There is no console yet, so there is no page to test in a browser."

# Requirements with hashes, from pyproject.toml. No registry's address gets into them.
lock: $(UV)
	$(UV) pip compile -q -p 3.11 --universal --upgrade --generate-hashes --no-emit-index-url --no-header pyproject.toml --group build -o requirements.lock
	$(UV) pip compile -q -p 3.11 --universal --upgrade --generate-hashes --no-emit-index-url --no-header pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "cdrpipe needs Python 3.11 or newer, $$($(PYTHON) --version) was found. Set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@command -v $${CC:-gcc} >/dev/null || { echo "No C compiler was found. Run:  apt-get install -y gcc" >&2; exit 1; }
	@$(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' || { echo "Python's headers (Python.h) were not found. Run:  apt-get install -y python3-dev" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' || { echo "Python's venv module is incomplete. Run:  apt-get install -y python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q uv==0.13.9

$(VENV)/.run: requirements.lock $(UV)
	$(UV) pip install -q -p $(BIN)/python --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(UV) pip install -q -p $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.built: $(VENV)/.run setup.py pyproject.toml $(KERNELS) $(CATALOGUES)
	$(UV) pip install -q -p $(BIN)/python --no-build-isolation --no-deps -e .
	@touch $@

clean:
	rm -rf build cdrpipe/_fast/*.c cdrpipe/_fast/*.so $(VENV)/.built
