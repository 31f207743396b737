# make run | test | check: everything else is set up on the way. Python 3.11, make and git are enough.
PYTHON ?= $(firstword $(shell command -v python3.11 || command -v python3 || echo python3.11))
PY := .venv/bin/python
# With this set, every start after an install would compile the packages anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test check bench oracle chaos format setup lock clean

help:
	@echo "make run     the demo hub on http://127.0.0.1:8000 (PORT=, HUB_HOME=, HUB_DEMO_PASSWORD=)"
	@echo "make test    every test, the browser's included (ARGS='tests/launcher -k lock')"
	@echo "make check   lint, types, missing migrations, layers"
	@echo "make bench   measures beside the same calls without permission (BENCH_SIZE=1000000), and sending (BENCH_DELIVERIES=)"
	@echo "make oracle  long random histories, and ten minutes of writers and readers at once"
	@echo "make chaos   10,000 deliveries while everything is killed at random (CHAOS_DELIVERIES=, CHAOS_SEED=)"
	@echo "make format  write the code as make check wants it"
	@echo "make lock    pin requirements.in anew in requirements.txt"
	@echo "make clean   remove what was built and installed; the data in var/ stays"

run:
	@$(PYTHON) hub/launcher/install.py python
	@exec $(PY) -m hub.launcher run

test:
	@$(PYTHON) hub/launcher/install.py python pages browser
	@exec $(PY) -m hub.launcher test -- $(ARGS)

check: setup
	@exec $(PY) -m hub.launcher check

bench:
	@$(PYTHON) hub/launcher/install.py python
	@exec $(PY) -m hub.launcher services -- $(PY) -m tests.bench

# The suite runs the same tests, smaller.
oracle:
	@$(PYTHON) hub/launcher/install.py python
	@ORACLE_HISTORIES=$${ORACLE_HISTORIES:-2000} ORACLE_STEPS=$${ORACLE_STEPS:-30} ORACLE_OVERLAP_S=$${ORACLE_OVERLAP_S:-600} \
		exec $(PY) -m hub.launcher test -- tests/oracle -q -rP -n 2 $(ARGS)

chaos:
	@$(PYTHON) hub/launcher/install.py python
	@exec $(PY) -m tests.chaos

format: setup
	@$(PY) -m ruff check --fix --quiet . && $(PY) -m ruff format --quiet .

setup:
	@$(PYTHON) hub/launcher/install.py

lock: setup
	@.tools/uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" requirements.in --output-file requirements.txt

clean:
	@rm -rf .venv .tools node_modules build .mypy_cache .ruff_cache .pytest_cache
