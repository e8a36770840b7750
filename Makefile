# Two commands do everything: `make check` and `make test`. Both install what they need into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
SERVERS := $(VENV)/servers

.PHONY: help check test test-slow test-all servers lint docs bench clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/'

check: $(VENV)/installed  ## install, then run the gate on this repository
	$(BIN)/qualitygate check

test: $(VENV)/installed-test servers  ## install what tests need, then run the fast tests
	$(BIN)/python -m pytest -n auto -m "not slow"

test-slow: $(VENV)/installed-test servers  ## the tests on real packages, which are downloaded by name
	$(BIN)/python -m pytest -n auto -m slow

test-all: test test-slow  ## all tests

servers: $(SERVERS)/pypiserver/installed $(SERVERS)/devpi/installed  ## the package indexes that tests of `release` start

lint: $(VENV)/installed-lint  ## types, import contracts, and the gate
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/qualitygate check

docs: $(VENV)/installed-docs  ## build the documentation; a warning is an error
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

bench: $(VENV)/installed-bench  ## measure beside what it replaces; options: make bench BENCH=--quick
	$(BIN)/python -m benchmarks $(BENCH)

clean:  ## remove everything that these commands make
	rm -rf $(VENV) .tox build dist docs/_build .mypy_cache .pytest_cache .hypothesis .import_linter_cache .qualitygate

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 check" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25.1'
	touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml
	$(PIP) install --editable .
	touch $@

$(VENV)/installed-%: $(VENV)/installed
	$(PIP) install --group $*
	touch $@

# Each in an environment of its own: what they need is not what we need.
$(SERVERS)/pypiserver/installed: WHAT := 'pypiserver[passlib]==2.4.2'
$(SERVERS)/devpi/installed: WHAT := 'devpi-server==6.20.3'
$(SERVERS)/%/installed: $(VENV)/created
	$(BIN)/python -m venv $(SERVERS)/$*
	$(SERVERS)/$*/bin/python -m pip --quiet --disable-pip-version-check install $(WHAT)
	touch $@
