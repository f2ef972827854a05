# The two commands of the README are `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run app test test-training fuzz bench bench-sweep bench-app tour replay reference plotly docs lint types lock clean

run: $(VENV)/.installed
	$(BIN)/optimiser run configs/nmc111_cost_vs_recovery.yaml

# The local web app, at the address that it prints.
app: $(VENV)/.installed-app
	$(BIN)/optimiser app --folder reports/app

test: $(VENV)/.installed-test lint types
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

# Fits the whole surrogate: about a quarter of an hour.
test-training: $(VENV)/.installed-test
	$(BIN)/python -m pytest -m training

# Looks for inputs that end in a traceback or never: 10 minutes, or MINUTES=n.
fuzz: $(VENV)/.installed-test
	$(BIN)/python -W error -m tests.fuzz.inputs $(if $(MINUTES),--minutes $(MINUTES))

# Writes benchmarks/results/: about ten minutes on two quiet cores. TABLE=path, if it is not installed.
bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/bench.py $(if $(TABLE),--table $(TABLE))

# The proof of the sweeps, benchmarks/results/sweep.json: half an hour on two quiet cores. PARTS="kills two", for some.
bench-sweep: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.sweep $(PARTS)

# What the app's users wait for, benchmarks/results/app.json: some minutes on two quiet cores. PARTS="drag load", for some.
bench-app: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.app $(PARTS)

# A walk through the app as pictures that move, docs/images/tour.webp; the walk is a test.
tour: $(VENV)/.installed-test
	TOUR=docs/images/tour.webp $(BIN)/python -m pytest -q tests/app/test_tour.py

# How well own results teach and experiments are chosen, on published studies: a quarter of an hour.
replay: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.replay $(if $(TABLE),--table $(TABLE))

# The fronts that searches are judged against: a minute per config.
reference: $(VENV)/.installed
	$(BIN)/python benchmarks/reference.py

# The plotly.js of the page, with the trace types that tools/plotly/bundle.js names alone. Needs node 22 and npm.
plotly:
	cd tools/plotly && npm ci --ignore-scripts --no-audit --no-fund && npm run bundle

# Writes the documentation to site/.
docs: $(VENV)/.installed-test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Style, declared dependencies, and which room may import which.
lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deptry optimiser
	$(BIN)/lint-imports

types: $(VENV)/.installed-test
	$(BIN)/mypy

# All install exactly what constraints.txt pins: `run` what the main job needs, `test` and `bench` everything.
$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -c constraints.txt -e .
	touch $@

$(VENV)/.installed-app: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -c constraints.txt -e ".[app]"
	touch $(VENV)/.installed $@

$(VENV)/.installed-test: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -c constraints.txt -e ".[all,test,docs]"
	touch $(VENV)/.installed $(VENV)/.installed-app $@

$(VENV)/.installed-bench: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -c constraints.txt -e ".[bench]"
	touch $(VENV)/.installed $@

# Renew the pins from a clean environment with the newest versions.
lock:
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check -e ".[all,test,docs,bench]"
	$(VENV)-lock/bin/python -m pip freeze --exclude-editable > constraints.txt
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist site
