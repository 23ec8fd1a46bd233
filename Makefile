# make run    set up if needed, then the console with a live cell (without a display: ten picks headless)
# make test   everything: checks, tests, window tests under xvfb
# make check  format, lint, types, import contracts, length limits; about a minute
# make setup  .venv with everything in it; the other targets call it, and a second call takes a moment
# After it the program is .venv/bin/celltwin.

PYTHON ?= python3
BIN := .venv/bin
XVFB := xvfb-run -a -s "-screen 0 1280x720x24" env QT_QPA_PLATFORM=xcb
PYTEST := $(BIN)/python -m pytest
ELSEWHERE := --ignore tests/gui --ignore tests/architecture --ignore tests/bench

.PHONY: run setup test check tests window-tests format doctor hooks clean

run: setup
	@$(BIN)/celltwin run

setup:
	@$(PYTHON) -m installer

test: check window-tests tests

check: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture
	$(BIN)/pyright

tests: setup
	QT_QPA_PLATFORM=offscreen $(PYTEST) -n 2 --dist loadfile -m "not live" $(ELSEWHERE)
	QT_QPA_PLATFORM=offscreen $(PYTEST) -m live $(ELSEWHERE)  # each needs the machine to itself

window-tests: setup
	$(XVFB) $(PYTEST) tests/gui

format: setup
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

doctor: setup
	@$(BIN)/celltwin doctor

hooks: setup
	@$(BIN)/pre-commit install

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
