# Everything a contributor or a newcomer types. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help setup demo desk test run check fmt lock bench clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# The stamp carries the lock: a changed lock or project file sets up again, nothing else does.
$(VENV)/.stamp: requirements.lock pyproject.toml scripts/setup.sh
	@PYTHON=$(PYTHON) sh scripts/setup.sh $(VENV)

setup: $(VENV)/.stamp ## make .venv with every pinned dependency and `stancewatch` in it

demo: setup ## two days on the bundled sample sites: statements, changes, and the mail as received
	@$(BIN)/stancewatch demo

desk: setup ## the same, then the desk on what was found, until Ctrl-C
	@$(BIN)/stancewatch demo --desk

test: setup ## the whole test suite
	@$(BIN)/python -m pytest -n 2 $(ARGS)

run: setup ## one real cycle on the shipped sources
	@$(BIN)/stancewatch run

check: setup ## ruff, mypy --strict, import-linter, generated files fresh
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/stancewatch config schemas --check

fmt: setup ## format and mend what ruff can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: setup ## pin again from pyproject.toml (hashes, no addresses)
	@.tools/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-header --quiet --output-file requirements.lock

bench: setup ## the ratios quoted in the docs
	@$(BIN)/python bench/analyse.py

clean: ## remove what the targets above made (never your data)
	rm -rf $(VENV) .tools .demo .mypy_cache .ruff_cache .pytest_cache
