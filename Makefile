# Two commands for a fresh machine with Python 3.11+: `make run` and `make test`.
PYTHON ?= python3
EXTRAS ?= plot,nlp,bert,cluster,annotate,econ,es,ml,crawl,bench,docs,dev
STUDY  ?= configs/nqp_ser.toml
RUN     = .venv/bin/python -m

.PHONY: run first test elastic check lint types contracts install bench docs clean
.DEFAULT_GOAL := run

run:            ## install what the main job needs, run it, say where the report is
	@$(PYTHON) tools/environment.py --extras study
	@.venv/bin/zhengce run $(STUDY)

first:          ## the light start: intensities alone, without torch, in two minutes
	@$(PYTHON) tools/environment.py
	@.venv/bin/zhengce run configs/first.toml

install:        ## make .venv without running anything; EXTRAS=all,dev for everything
	@$(PYTHON) tools/environment.py --extras $(EXTRAS)

test: check     ## lint, types, import contracts, tests: both halves side by side
	@$(RUN) pytest tests/pipeline tests/docs > .pytest_pipeline.log 2>&1 & pipeline=$$!; \
	$(RUN) pytest --ignore=tests/pipeline --ignore=tests/docs; rest=$$?; \
	wait $$pipeline; first=$$?; cat .pytest_pipeline.log; exit $$((rest + first))

elastic: install  ## the tests against a real Elasticsearch node (JDK 17, Maven, openssl)
	$(RUN) pytest -m elastic tests/elasticsearch

check: install lint types contracts

lint:
	$(RUN) ruff check .
	$(RUN) ruff format --check .

types:
	$(RUN) mypy

contracts:
	$(RUN:-m=-c) "from importlinter.cli import lint_imports_command; lint_imports_command()" --no-cache

bench: install  ## print the table of figures, bars and measured values
	$(RUN) benchmarks

docs: install   ## the documentation as pages that open without a network: site/index.html
	$(RUN) tools.command_reference
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict --quiet
	@echo "documentation: site/index.html"

clean:
	rm -rf runs site .venv .mypy_cache .pytest_cache .ruff_cache
