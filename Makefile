# make demo    the whole story on a small made-up practice
# make test    every check and every test
# make check   format, lint, types, layers, and what is installed: no tests
# make format  put the code into shape
# make audit   ask for known weaknesses of what is pinned; without a network it says "not checked" (69)
# make licences write docs/licences.md
# make house   draw docs/architecture.svg
# make reference write what is made of docs/reference: commands, settings, exit statuses
# make release sdist, wheel, bill of materials and sums into dist/ (docs/security.md)
# make mutation  break policy/, crypto/ and audit/ one thing at a time and see that a test fails: hours (docs/evidence/mutation.md)
# make concurrency  eight processes on one vault, for minutes
# make laws      2,000 examples of each law, not 20 (docs/contributing.md)
# make killed    kill what takes several steps at each of them, not at one in 48: minutes (docs/evidence/faults.md)
# make faults    let commands fail at each of their operations, in every way: hours (docs/evidence/faults.md)
# make fuzz      SECONDS of processor time for each reader of what others wrote, or for TARGET (docs/evidence/fuzzing.md)
# make bench     callrec beside its peers, in minutes; make bench-full: what docs/evidence/benchmarks.md shows

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
# Else the tests' thousands of processes would each compile what they import.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check types manner collected format audit licences house reference release mutation concurrency laws killed faults fuzz judges bench bench-full peers

demo: $(INSTALLED)
	$(BIN)/callrec demo

# At once: what is fetched waits for the network, what is checked or collected for a processor.
# Tests kill programs, never the machine: none waits until a disk has what it was given (eatmydata).
# What a power cut leaves is reckoned from what was synced (docs/evidence/faults.md).
test:
	$(MAKE) -j2 judges check collected
	eatmydata $(BIN)/python -m pytest -n auto --dist worksteal

check: types manner

types: $(INSTALLED)
	$(BIN)/mypy

manner: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m supply check

# Compiled here, once, for all the processes that run them.
collected: $(INSTALLED)
	@$(BIN)/python -m pytest --collect-only -qq >$(VENV)/tests.txt || { cat $(VENV)/tests.txt; exit 1; }

format: $(INSTALLED)
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

audit licences house reference: $(INSTALLED)
	@$(BIN)/python -m supply $@

release: check
	@$(BIN)/python -m supply release

mutation: $(INSTALLED)
	$(BIN)/mutmut run
	$(BIN)/mutmut results

# 20 rounds: about 580 commands with each of SQLite's journals.
concurrency: $(INSTALLED) judges
	$(BIN)/python -m pytest tests/concurrency/test_at_work.py --rounds 20 -rP

laws: $(INSTALLED) judges
	eatmydata $(BIN)/python -m pytest -n auto --dist worksteal -m hypothesis --hypothesis-profile long

killed: $(INSTALLED) judges
	eatmydata $(BIN)/python -m pytest -n auto --dist worksteal --steps all -k killed

faults: $(INSTALLED) judges
	PYTHONPATH=tests $(BIN)/python -m faults $(FAULTS)

SECONDS := 60
FUZZER := .fuzzing/atheris
fuzz: $(INSTALLED) $(FUZZER)
	PYTHONPATH=.:tests:$(FUZZER) $(BIN)/python -m fuzzing --seconds $(SECONDS) $(if $(TARGET),--target $(TARGET))

# Beside what is installed, not in it: whoever makes or tests callrec needs none.
$(FUZZER): fuzzing/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target $@ --upgrade -r $<
	touch $@

# Exact versions and their hashes, every wheel checked; the project itself needs nothing further.
# Python 3.11 lays a setuptools of its own beside pip, which no hash here speaks for.
$(INSTALLED): constraints.txt pyproject.toml Makefile
	$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || apt-get install -y --no-install-recommends python3-venv
	$(PYTHON) -m venv $(VENV)
	sed -n '/^pip==/,/[^\]$$/p' constraints.txt > $(VENV)/pip.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/pip.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-compile -r constraints.txt
	$(BIN)/python -m pip uninstall --quiet --yes setuptools
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(INSTALLED)

# Independent programs that the tests call as judges, each by a command and the package that has it;
# and eatmydata.
JUDGES := eatmydata:eatmydata 7z:7zip ssh-keygen:openssh-client pdftotext:poppler-utils qpdf:qpdf zbarimg:zbar-tools \
  shasum:perl chromium:chromium systemd-analyze:systemd gcc:gcc
# The browser writes with these, and gcc compiles with those.
BESIDES := fonts-dejavu-core libc6-dev

judges:
	@for judge in $(JUDGES); do command -v $${judge%%:*} >/dev/null || missing=1; done; \
	if [ -n "$$missing" ]; then apt-get update -qq && \
	  apt-get install -y --no-install-recommends $(foreach judge,$(JUDGES),$(lastword $(subst :, ,$(judge)))) $(BESIDES); fi

# What callrec is measured beside, likewise.
PEERS := rsync:rsync restic:restic borg:borgbackup age:age sqlite3:sqlite3

bench: $(INSTALLED) peers
	$(BIN)/python -m benchmarks

bench-full: $(INSTALLED) peers
	$(BIN)/python -m benchmarks --full --json docs/evidence/benchmarks/$$($(BIN)/callrec --version | cut -d' ' -f2).json
	$(BIN)/python -m benchmarks page

peers:
	@for peer in $(PEERS); do command -v $${peer%%:*} >/dev/null || missing=1; done; \
	if [ -n "$$missing" ]; then apt-get update -qq && \
	  apt-get install -y --no-install-recommends $(foreach peer,$(PEERS),$(lastword $(subst :, ,$(peer)))); fi
