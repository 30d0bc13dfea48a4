# make demo    the whole story on a small made-up practice
# make test    every check and every test
# make check   format, lint, types, layers: no tests
# make format  put the code into shape
# make mutation  break each rule of policy/ and see that a test fails (docs/mutation.md)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

.PHONY: demo test check format mutation judges

demo: $(INSTALLED)
	$(BIN)/callrec demo

test: check judges
	$(BIN)/python -m pytest

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

mutation: $(INSTALLED)
	$(BIN)/mutmut run
	$(BIN)/mutmut results

# Exact versions and their hashes, every wheel checked; the project itself needs nothing further.
$(INSTALLED): constraints.txt pyproject.toml Makefile
	$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || apt-get install -y --no-install-recommends python3-venv
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(INSTALLED)

# Independent programs that the tests call as judges: 7-Zip, OpenSSH's ssh-keygen, poppler's pdftotext
# and pdftoppm, and a browser with a font to show pages in.
judges:
	@command -v 7z >/dev/null && command -v ssh-keygen >/dev/null && \
	  command -v pdftotext >/dev/null && command -v chromium >/dev/null || \
	  { apt-get update -qq && apt-get install -y --no-install-recommends \
	    7zip openssh-client poppler-utils chromium fonts-dejavu-core; }
