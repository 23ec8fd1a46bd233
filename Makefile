# make run    set up if needed, then the console with a live cell (without a display: ten picks headless)
# make test   everything: checks, tests, window tests under xvfb
# make check  format, lint, types, import contracts, length limits; about a minute
# make setup  .venv with everything in it; the other targets call it, and a second call takes a moment
# After it the program is .venv/bin/celltwin.

PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
WITHOUT_SCREEN := QT_QPA_PLATFORM=offscreen $(PYTEST) --no-xvfb
WITH_SCREEN := QT_QPA_PLATFORM=xcb $(PYTEST)  # each process has its own (Xvfb)
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
	$(WITHOUT_SCREEN) -n 2 --dist loadfile -m "not live" $(ELSEWHERE)
	$(WITHOUT_SCREEN) -m live $(ELSEWHERE)  # each needs the machine to itself

window-tests: setup
	$(WITH_SCREEN) -n 2 --dist loadfile -m "not live" tests/gui
	$(WITH_SCREEN) -m live tests/gui

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
