# make demo    the whole story on a small made-up practice
# make demo-network  the same on two machines, with a PostgreSQL and a store of recordings of their own, minutes
# make test    every check, and every test but those that take turns: of these a sixteenth, another at each commit
# make whole   every check and every test: before a change lands, half an hour
# make check   format, lint, types, layers, and what is installed: no tests
# make format  put the code into shape
# make audit   ask for known weaknesses of what is pinned; without a network it says "not checked" (69)
# make licences write docs/licences.md
# make house   draw docs/architecture.svg and docs/terminal.svg
# make reference write what is made from the code: pages of docs/reference, manual pages, completion
# make docs     the site of docs/ into build/docs; says how old a reader of the manual must be
# make bundle   a folder of wheels that pipx, uv and pip install without a network (docs/installing.md)
# make deb      a Debian package with an environment of its own; make test-deb: tried in a bare Debian, minutes
# make image    an OCI image with that package, by root, without a daemon; make test-image: run, minutes
# make test-windows  tests with a Python for Windows, which Wine runs, all or WINDOWS_TESTS (docs/contributing.md)
# make windows  a setup for Windows, frozen under Wine, minutes; CERTIFICATE=FILE signs it (docs/installing.md)
# make test-windows-setup  it is installed, used, updated and removed under Wine, minutes
# make release KEY=FILE  all of it built twice, signed, into dist/ (docs/security.md); SETUP=yes: with that setup
# make mutation  break policy/, crypto/ and audit/ one thing at a time and see that a test fails: hours (docs/evidence/mutation.md)
# make concurrency  eight processes on one vault, for minutes
# make machines     two machines of one vault: killed for an hour, a hundred rounds of one spool, standbys (docs/evidence/faults.md)
# make gathering    the calls of 10,000 people, and a letter that asks for 1,200: half an hour
# make laws      2,000 examples of each law, not 20 (docs/contributing.md)
# make killed    kill what takes several steps at each of them, not at one in 48: minutes (docs/evidence/faults.md)
# make faults    let commands fail at each of their operations, in every way: hours (docs/evidence/faults.md)
# make fuzz      SECONDS of processor time for each reader of what others wrote, or for TARGET (docs/evidence/fuzzing.md)
# make bench     callrec beside its peers, in minutes; make bench-full: what docs/evidence/benchmarks.md shows
# make bench-network  a file and a folder beside PostgreSQL and S3, hours (docs/evidence/network.md)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
RUNTIME := .runtime
# Else the tests' thousands of processes would each compile what they import.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-network bench-network test check types manner collected format audit licences house reference docs release mutation concurrency machines gathering laws killed faults fuzz judges whole bench bench-full peers bundle deb test-deb image test-image windows test-windows-setup test-windows windows-python

demo: $(RUNTIME)/installed
	$(RUNTIME)/bin/callrec demo

demo-network: $(INSTALLED)
	$(call programs,$(LACKS) /usr/lib/postgresql:postgresql)
	PYTHONPATH=tests $(BIN)/python -m network.demonstration

# At once: what is fetched waits for the network, what is checked or collected for a processor.
# Tests kill programs, never the machine: none waits until a disk has what it was given (eatmydata).
# What a power cut leaves is reckoned from what was synced (docs/evidence/faults.md).
# Root alone runs the few tests that are marked so; for others the last line counts them as deselected.
RUNNABLE = $(if $(filter-out 0,$(shell id -u)),-m "not root")
# What begins from a practice takes most of the time, and takes turns (docs/contributing.md).
test: TURN = --turn "$$(git rev-parse HEAD 2>/dev/null || echo released)"
test whole:
	@[ "$$(id -u)" = 0 ] || $(MAKE) --no-print-directory judges
	$(MAKE) -j2 judges check collected
	eatmydata $(BIN)/python -m pytest -n auto --dist worksteal $(TURN) $(RUNNABLE)

check: types manner

types: $(INSTALLED)
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 src
	$(BIN)/mypy --platform darwin src

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

# Links are checked; of another server a page loads nothing and names nothing.
SITE := .docs
docs: $(SITE)/installed
	$(SITE)/bin/python supply/readability.py docs/manual/*.md docs/inspector.md README.md
	$(SITE)/bin/zensical build --strict --clean
	$(SITE)/bin/python supply/contact.py build/docs
	! grep -rEon '(src|href)="(https?:)?//[^"]*' build/docs --include=*.html

# Beside what is installed, as the fuzzer is.
$(SITE)/installed: supply/docs.txt
	$(call programs,$(LACKS))
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

# KEY=FILE, an Ed25519 key of ssh-keygen, or its .pub while your ssh-agent has it; or SIGN=no, into build/unsigned.
HOW = $(if $(KEY),--key $(KEY)) $(if $(filter no,$(SIGN)),--unsigned) $(if $(filter no,$(DEBIAN)),,--debian build) $(if $(filter yes,$(SETUP)),--windows $(WINDOWS_SETUP))
release: $(INSTALLED)
	@$(BIN)/python -m supply release --ready $(HOW)
	$(MAKE) check $(if $(filter no,$(DEBIAN)),,deb) $(if $(filter yes,$(SETUP)),windows) $(if $(IDENTITY),$(SIGSTORE)/installed)
	@$(BIN)/python -m supply release $(HOW)

# Where a build server says which workflow runs (supply/signing.py); beside what is installed, as the site's is.
SIGSTORE := .sigstore
IDENTITY = $(SIGSTORE_IDENTITY_TOKEN)$(SIGSTORE_ID_TOKEN)$(ACTIONS_ID_TOKEN_REQUEST_TOKEN)
$(SIGSTORE)/installed: supply/sigstore.txt
	$(PYTHON) -m venv $(SIGSTORE)
	$(SIGSTORE)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

mutation: $(INSTALLED)
	$(BIN)/mutmut run
	$(BIN)/mutmut results

# 20 rounds: about 580 commands with each of SQLite's journals.
concurrency: $(INSTALLED) judges
	$(BIN)/python -m pytest tests/concurrency/test_at_work.py --rounds 20 -rP

machines: $(INSTALLED) judges
	PYTHONPATH=tests $(BIN)/python -m machines ingest --rounds 100
	PYTHONPATH=tests $(BIN)/python -m machines standby --rounds 10
	PYTHONPATH=tests $(BIN)/python -m machines killed --minutes 60

gathering: $(INSTALLED) judges
	eatmydata $(BIN)/python -m pytest -p no:xdist --people 10000 --calls 1200 \
		tests/requests/test_gather_oracle.py tests/cli/test_from_letter_to_package.py

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

# Beside what is installed, not in it: to make or test callrec takes none.
$(FUZZER): fuzzing/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target $@ --upgrade -r $<
	touch $@

# $(call debian,PACKAGES): root gets them installed; others are told the one line that does it.
debian = { if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y --no-install-recommends $(1); \
  else echo "make needs more programs. Install them with this line, then run make again:" >&2; \
    echo "  sudo apt-get install --no-install-recommends" $(1) >&2; exit 1; fi; }

# $(call programs,COMMAND-OR-FILE:PACKAGE...): the packages of those that are not there.
programs = @missing=; for each in $(1); do [ -e "$${each%%:*}" ] || command -v "$${each%%:*}" >/dev/null || \
  missing="$$missing $${each\#*:}"; done; [ -z "$$missing" ] || $(call debian,$$missing)

# What Debian's Python may lack, as the lists below have it.
LACKS = $(shell $(PYTHON) -c "import ensurepip, venv" 2>/dev/null || echo ensurepip:python3-venv)

# $(call pip,FOLDER): an environment with pip and what builds the project, at exact versions and their hashes. Python
# 3.11 lays a setuptools of its own beside pip, which no hash here speaks for.
PIP := bin/python -m pip --quiet --disable-pip-version-check
define pip
	$(call programs,$(LACKS))
	$(PYTHON) -m venv --clear $(1)
	sed -n '/^\(pip\|flit-core\)==/,/[^\]$$/p' constraints.txt > $(1)/pip.txt
	$(1)/$(PIP) install --require-hashes -r $(1)/pip.txt
	$(1)/$(PIP) --quiet uninstall --yes setuptools
endef

# $(call environment,FOLDER,PINS): the same with these parts, every wheel checked; the project needs nothing further.
define environment
	$(call pip,$(1))
	$(1)/$(PIP) install --require-hashes --no-compile -r $(2)
	$(1)/$(PIP) install --no-deps --no-build-isolation --editable .
	touch $(1)/installed
endef

# With all that makes and tests it.
$(INSTALLED): constraints.txt pyproject.toml Makefile
	$(call environment,$(VENV),constraints.txt)

# With what it runs with, and nothing else.
$(RUNTIME)/installed: constraints.txt requirements.txt pyproject.toml Makefile
	$(call environment,$(RUNTIME),requirements.txt)

# Independent programs that the tests call as judges, each by a command or file and the package that
# has it; eatmydata; what the browser writes with, and gcc compiles with.
JUDGES := eatmydata:eatmydata 7z:7zip ssh-keygen:openssh-client gpgv:gpgv pdftotext:poppler-utils qpdf:qpdf zbarimg:zbar-tools \
  shasum:perl sox:sox chromium:chromium systemd-analyze:systemd gcc:gcc zsh:zsh fish:fish mandoc:mandoc \
  /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:fonts-dejavu-core /usr/include/stdlib.h:libc6-dev \
  /usr/lib/postgresql:postgresql promtool:promtool softhsm2-util:softhsm2 fido2-token:fido2-tools

judges:
	$(call programs,$(LACKS) $(JUDGES))

# A folder of wheels, for machines like this one with the Python that PYTHON names.
BUNDLE := build/bundle
bundle:
	$(call pip,build/pip)
	rm -rf $(BUNDLE)
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) build/pip/$(PIP) wheel --no-deps --no-build-isolation --wheel-dir $(BUNDLE) .
	cat build/pip/pip.txt requirements.txt > build/pip/all.txt
	build/pip/$(PIP) download --require-hashes --no-deps --only-binary :all: --dest $(BUNDLE) -r build/pip/all.txt
	cp LICENSE requirements.txt docs/licences.md $(BUNDLE)
	cd $(BUNDLE) && sha256sum * > SHA256SUMS

# Of what is committed, for Debian's own Python.
DEB := build/deb
deb:
	$(call programs,dpkg-buildpackage:dpkg-dev dh:debhelper lintian:lintian)
	$(MAKE) bundle PYTHON=/usr/bin/python3
	packaging/make-deb $(DEB) $(BUNDLE)
	lintian --fail-on error,warning --tag-display-limit 0 $(DEB)/*.deb

# It is installed, used, upgraded and removed in a bare Debian, and the manual's first hour is typed there.
test-deb: deb $(INSTALLED)
	$(call programs,mmdebstrap:mmdebstrap)
	packaging/try-deb $(DEB)/*.deb

IMAGE := build/image
image: deb
	$(call programs,mmdebstrap:mmdebstrap buildah:buildah /usr/lib/podman/netavark:netavark)
	packaging/make-image $(DEB)/*.deb $(IMAGE)

test-image: image
	packaging/try-image $(IMAGE)/*.oci.tar

# Made anew when what it is made of changes. It runs the tests of what lies below; those of what people see run here, and
# have it run their commands. What begins with a practice's fixtures does not run there: they are of Linux. Neither lies in
# /tmp: Wine knows no sticky bit, and says that everybody can change what is in it.
WINDOWS := .windows
WINDOWS_TESTS := tests/system
BESIDE_WINDOWS := tests/windows
windows-python: $(INSTALLED)
	$(call programs,wine:wine x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64-win32 /usr/bin/python3.13:python3.13 bwrap:bubblewrap)
	PYTHONPATH=.:tests $(BIN)/python -m windows.make_python $(WINDOWS)

test-windows: windows-python judges
	$(WINDOWS)/python -m pytest -p no:cacheprovider --basetemp=$(WINDOWS)/tests --confcutdir=tests/system $(WINDOWS_TESTS)
	WINDOWS_PYTHON=$(abspath $(WINDOWS))/python $(BIN)/python -m pytest -p no:xdist --basetemp=$(WINDOWS)/beside $(BESIDE_WINDOWS)

# SIGNING is osslsigncode's own options, for a key that is not in a file; ADDRESS is where people are to fetch the setup from.
WINDOWS_SETUP := build/windows
SIGNING = $(if $(CERTIFICATE),-pkcs12 $(abspath $(CERTIFICATE))) $(if $(PASSWORD_FILE),-readpass $(abspath $(PASSWORD_FILE))) $(if $(TIMESTAMP),-ts $(TIMESTAMP))
windows: windows-python
	$(call programs,makensis:nsis $(if $(strip $(SIGNING)),osslsigncode:osslsigncode))
	$(call pip,build/pip)
	rm -rf build/wheel
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) build/pip/$(PIP) wheel --no-deps --no-build-isolation --wheel-dir build/wheel .
	PYTHONPATH=.:tests $(BIN)/python -m supply.windows $(WINDOWS) build/wheel/*.whl $(WINDOWS_SETUP) --sign="$(strip $(SIGNING))" --address="$(ADDRESS)"

test-windows-setup: windows
	packaging/try-windows $(WINDOWS_SETUP)/callrec-setup.exe

# What callrec is measured beside, likewise.
PEERS := rsync:rsync restic:restic borg:borgbackup age:age sqlite3:sqlite3 sox:sox /usr/bin/python3:python3

bench-network: $(INSTALLED)
	$(call programs,$(LACKS) /usr/lib/postgresql:postgresql)
	PYTHONPATH=tests $(BIN)/python -m benchmarks.network --recordings 1000000 4000000 --json docs/evidence/network.json

# What is measured is a Python that was built with profiles, as Debian's is, in an environment of its own.
MEASURED ?= /usr/bin/python3
bench bench-full: peers
	$(MAKE) --no-print-directory VENV=.bench-python PYTHON=$(MEASURED) $@-there
.PHONY: bench-there bench-full-there
bench-there: $(INSTALLED)
	$(BIN)/python -m benchmarks $(ONLY)

bench-full-there: $(INSTALLED)
	$(BIN)/python -m benchmarks --full $(ONLY) --json docs/evidence/benchmarks/$$($(BIN)/callrec --version | cut -d' ' -f2).json
	$(BIN)/python -m benchmarks page

peers:
	$(call programs,$(PEERS))
