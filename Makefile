# The two commands of the README are `make run` and `make test`; each does all its own set-up.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# The first Python that runs and is new enough.
CANDIDATES := $(PYTHON) python3 python3.14 python3.13 python3.12
FIND_PYTHON = for candidate in $(CANDIDATES); do \
	if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; \
	then echo $$candidate; exit 0; fi; done

.PHONY: run test validate check bench notebooks docs lab readme data elsewhere clean

run: $(VENV)/.run
	$(BIN)/sanctions-model run --out results/russia

test: $(VENV)/.test
	$(BIN)/python -m pytest -m "not slow" -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

validate: $(VENV)/.bench
	$(BIN)/python -m pytest -m slow
	test -f results/russia/posterior.nc || $(BIN)/sanctions-model run --out results/russia
	$(BIN)/sanctions-model validate --out results/validation
	cp results/validation/validation.md docs/
	cp results/validation/figures/validation_*.png docs/figures/

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

# At full draws, on the fit of `make run`; tests run the same files with few.
notebooks: $(VENV)/.dev results/russia/posterior.nc results/russia/alternatives.csv
	$(BIN)/jupytext --update --to ipynb notebooks/*.py
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace notebooks/*.ipynb
	$(BIN)/python scripts/light_notebooks.py notebooks/*.ipynb

docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The site with the lab of the last run in it.
lab: $(VENV)/.run results/russia/posterior.nc
	$(BIN)/sanctions-model report
	$(MAKE) docs

# Sentences, tables and pictures of results in README and docs, from the last `make run`.
readme: $(VENV)/.run results/russia/posterior.nc
	$(BIN)/python scripts/readme_tables.py
	$(BIN)/python scripts/histories.py
	$(BIN)/python scripts/claims_old_and_new.py
	$(BIN)/python scripts/delays.py

results/russia/posterior.nc: | $(VENV)/.run
	$(BIN)/sanctions-model run --out results/russia

# Other beliefs and equations, some 40 fits: a notebook shows them.
results/russia/alternatives.csv: results/russia/posterior.nc
	$(BIN)/python scripts/what_it_rests_on.py

data: $(VENV)/.run
	$(BIN)/sanctions-model data build data

# What liftings did in other countries: fits the panel (some ten minutes) and writes data/elsewhere_*.
elsewhere: $(VENV)/.run
	$(BIN)/python -m sanctions_model.elsewhere

clean:
	rm -rf $(VENV) build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
		echo "No Python of 3.12 or newer found; python3 is" \
			"$$(python3 --version 2>&1 | head -n 1). Install one, or say make PYTHON=/path/to/python3.13"; \
		exit 1; \
	fi; \
	echo "using $$python, $$($$python --version)"; \
	$$python -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -q -c constraints.txt -e '.[data,tables]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -q -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.run

$(VENV)/.bench: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -q -c constraints.txt -e '.[bench,test]'
	@touch $@ $(VENV)/.test $(VENV)/.run

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -q -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.test $(VENV)/.run
