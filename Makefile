# Two commands: `make demo` and `make test`. Both set everything up; they need Python 3.11 or later and make.
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python -m
INSTALLED = $(VENV)/.installed
SEEDS ?= 0-999
DAYS ?= 365

.PHONY: demo test docs check bench score drill year golden-online croissant lake lock wheel clean

demo: $(INSTALLED)
	$(VENV)/bin/hubwatch demo

test: $(INSTALLED) .venv-lake/.installed
	$(RUN) pytest
	.venv-lake/bin/python -m pytest -n 2 tests/lake

check: $(INSTALLED)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(VENV)/bin/sqlfluff lint --disable-progress-bar src

# The generated pages of docs/, then all of them as a site in build/site, without a network; a link that leads nowhere stops it.
docs: $(INSTALLED)
	$(VENV)/bin/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --quiet --strict

bench: $(INSTALLED)
	$(RUN) tests.bench.collect_and_load

# Schedules of faults; `make drill SEEDS=17` repeats one and prints its commands.
drill: $(INSTALLED)
	$(RUN) tests.drill $(SEEDS)

# A simulated year; `make year DAYS=60` a shorter one.
year: $(INSTALLED)
	$(RUN) tests.bench.year --days $(DAYS)

# Publishers' printed figures, computed anew from the whole of Model Pulse's archive, which this downloads; `FROM=DIR` has a copy of it.
golden-online: $(INSTALLED)
	$(RUN) tests.golden.online $(if $(DATA),--data $(DATA)) $(if $(FROM),--from $(FROM))

score: $(INSTALLED)
	$(RUN) tests.bench.score

# Exports of the demo, read by MLCommons' own reader. It brings 540 MB: an environment and a lock of its own.
croissant: $(INSTALLED) .venv-croissant/.installed
	$(RUN) pytest -n 0 tests/readers/test_croissant.py

.venv-croissant/.installed: tests/readers/croissant.lock
	$(PYTHON) -m venv --clear .venv-croissant
	.venv-croissant/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/readers/croissant.lock
	@touch $@

# The tests of the lake, with the DuckDB that DuckLake's extension exists for: an environment and a lock of their own.
lake: .venv-lake/.installed
	.venv-lake/bin/python -m pytest -n 2 tests/lake

.venv-lake/.installed: requirements-lake.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv-lake
	.venv-lake/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes -r requirements-lake.lock
	.venv-lake/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

wheel: $(INSTALLED)
	$(RUN) pip wheel --no-deps --no-build-isolation --wheel-dir dist .

# Everything by hash from the lock (which is whole: nothing to resolve), then hubwatch itself without fetching anything more.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "hubwatch needs Python 3.11 or later: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes -r requirements.lock
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The lock holds hashes and no addresses, so that any mirror may serve it. pip, for its hash check, wants a package that is needed
# with and without an extra, and pinned below the newest, named both ways.
lock:
	uv pip compile pyproject.toml --extra charts --extra prefect --extra many --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
	  --custom-compile-command "make lock" -o requirements.lock
	uv pip compile tests/readers/croissant.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
	  --custom-compile-command "make lock" -o tests/readers/croissant.lock
	uv pip compile pyproject.toml tests/lake/requirements.in --extra lake --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-strip-extras --custom-compile-command "make lock" -o requirements-lake.lock
	$(PYTHON) -c 'import re; t = open("requirements.lock").read(); m = re.search(r"^sqlalchemy\[asyncio\].*?(?=^[a-z])", t, re.M | re.S).group(); open("requirements.lock", "w").write(t.replace(m, m.replace("[asyncio]", "", 1) + m))'

clean:
	rm -rf $(VENV) .venv-croissant .venv-lake dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
