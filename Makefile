# The commands of this repository. The first one that needs it installs everything into $(VENV); later ones need no network.

VENV        = .venv
CONSTRAINTS = constraints.txt
# Looked for only when it is needed; name another with PYTHON=/path/to/python.
PYTHON     ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
                $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN         = $(VENV)/bin
PIP         = $(BIN)/python -m pip --disable-pip-version-check
READY       = $(VENV)/installed

.PHONY: help setup grade test browser release dist wheel audit bench messages hints notebooks lint format types check check-all clean

help:            ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY)  ## Install what is needed into .venv; every other target does so when it must
	@:

# By the environment and the shell's quotes, so that a name may hold whatever names can: ' and " and $$ and # and \.
grade: override export SUBMISSIONS := $(value SUBMISSIONS)
grade: override export OUT := $(value OUT)
grade: override export ASSIGNMENT := $(value ASSIGNMENT)
grade: override export WORKERS := $(value WORKERS)
grade: override export SCHEDULER := $(value SCHEDULER)
grade: $(READY)  ## Grade SUBMISSIONS=folder, or a sample class [OUT=folder ASSIGNMENT=name WORKERS=4 SCHEDULER=tcp://…]
	@set -f; set --; for name in $$ASSIGNMENT; do set -- "$$@" --assignment "$$name"; done; \
	exec $(BIN)/autograder grade "$$@" $${OUT:+--out "$$OUT"} $${WORKERS:+--workers "$$WORKERS"} \
	    $${SCHEDULER:+--scheduler "$$SCHEDULER"} $${SUBMISSIONS:+-- "$$SUBMISSIONS"}

test: $(READY)   ## Run the tests but the slow ones; ARGS='-k svm' runs some
	@$(BIN)/python -m pytest $(ARGS)

browser: $(READY)  ## Open notebooks in JupyterLab in a browser, which must be there: Chromium or Chrome
	@$(PIP) install --quiet -c $(CONSTRAINTS) -e '.[browser]'
	@$(BIN)/python -m pytest -n0 -m browser $(ARGS)

release: $(READY)  ## Make assignments/ out of solutions/
	@$(BIN)/autograder release

dist: $(READY)   ## Make the zips that students get, in dist/
	@$(BIN)/autograder dist

wheel: $(READY)  ## Install the wheel away from this tree, and grade a sample class with it
	@$(BIN)/python .ci/wheel.py

audit: $(READY)  ## Measure the checks: mutants, margins, false alarms on SEEDS=1000 seeds; takes hours
	@$(BIN)/autograder audit --all $(if $(SEEDS),--seeds $(SEEDS)) $(if $(WORKERS),--workers $(WORKERS)) \
	    $(foreach python,$(wildcard .venv-numpy1/bin/python),--python $(python))

bench: $(READY)  ## Time us beside other graders; FAST=1 for a try, otherwise an hour or two
	@$(BIN)/python benchmarks/bench.py $(if $(FAST),--fast)

messages: $(READY)  ## Write every message that a known mistake gets into tests/messages/, to be read in one go
	@cd tests && ../$(BIN)/python messages.py

hints: $(READY)  ## Obey every hint by machine, and count what is told of mistakes: the table of docs/diagnosis.md
	@$(BIN)/python tests/hints/measure.py

notebooks: $(READY)  ## Run every notebook from top to bottom beside its reference
	@$(BIN)/python .ci/notebooks.py

lint: $(READY)   ## Look for mistakes and for what is not formatted
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@mkdir -p build
	@$(BIN)/lint-imports --no-logo --no-cache >build/imports.txt || { cat build/imports.txt; exit 1; }
	@$(BIN)/python .ci/import_graph.py --check
	@$(BIN)/python .ci/measures.py

format: $(READY)  ## Format the code
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

types: $(READY)  ## Check the engine's types
	@$(BIN)/mypy

check:           ## Everything that CI runs
	@.ci/run

check-all:       ## The same with the slow tests, as CI runs it every night
	@.ci/run all

clean:           ## Remove what was made, except the environment and grades
	rm -rf build/sample-class build/audit build/bench build/lib build/bdist.* dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

# Older than either file: install again. Touched last, so that an install that was cut short is not taken for a whole one.
$(READY): pyproject.toml $(CONSTRAINTS)
	@test -n "$(PYTHON)" || { echo 'make: Python 3.11 or later was not found; name it with PYTHON=/path/to/python' >&2; exit 1; }
	@echo 'Installing into $(VENV); this takes a minute or two, once.'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) uninstall --quiet --yes autograder  # our name until 0.2.0
	@$(PIP) install --quiet -c $(CONSTRAINTS) -e '.[courses,staff,watch,cluster,dev]'
	@touch $@
