# `make demo` and `make test` need Python 3.11+ and make; they set up the rest in .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint bench lock clean

demo: .venv/.run
	$(BIN)/paceline simulate examples/bank_day/day.toml

test: .venv/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.dev
	$(BIN)/python -m bench pacing --quick
	$(BIN)/python -m bench.day

# What users run: the tested versions, by hash.
.venv/.run: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# What developers add to it.
.venv/.dev: requirements-dev.lock .venv/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# After a change of dependencies in pyproject.toml. Hatchling and editables are locked beside them,
# since the project itself is built without isolation.
lock: .venv/.dev
	printf 'hatchling\neditables\n' > .venv/build.in
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml .venv/build.in -o requirements.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
