# Saluhall in short commands. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
SHELL := /bin/bash
BIN := $(VENV)/bin
INSTALL = $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps
COMPILE = $(BIN)/uv pip compile --quiet
CHECKS = format lint types imports templates dependencies requirements migrations facts

.DEFAULT_GOAL := help
.PHONY: help run test check fix requirements docs tools chaos chaos-mutants soak $(CHECKS:%=check-%)

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

run: $(VENV)/.runtime ## install what is needed, fill a demo shop and open it on http://127.0.0.1:8000 (PORT, DATABASE_URL ... are honoured)
	@exec $(BIN)/python manage.py up --demo

test: $(VENV)/.development tools ## run every test on SQLite, and on each PostgreSQL and MariaDB that answers
	@$(BIN)/python -m tests.databases $(ARGS)

chaos: $(VENV)/.development ## kill the shop's processes while buyers buy, on each database that is installed, and check that nothing was lost
	@$(BIN)/python -m chaos.short $(ARGS)

chaos-mutants: $(VENV)/.development ## put one bug after another into a copy of the product, and show what finds it
	@$(BIN)/python -m chaos.mutate $(ARGS)

soak: $(VENV)/.development ## the same for 10,000 orders with RabbitMQ, on PostgreSQL and MariaDB; both are killed, too
	@$(BIN)/python -m chaos.soak $(ARGS)

check: $(VENV)/.development ## style, types, imports, templates, migrations, facts; changes nothing
	@$(MAKE) --no-print-directory --keep-going -j2 --output-sync=target $(CHECKS:%=check-%)
	@echo "make check: all is well."

fix: $(VENV)/.development ## format the code and mend what a tool can mend
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@git ls-files -co --exclude-standard '*.html' | xargs $(BIN)/djade --target-version 5.2

requirements: ## pin the newest versions that pyproject.toml allows (add UPGRADE=--upgrade)
	@$(COMPILE) $(UPGRADE) pyproject.toml -o requirements.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml --group test --group check --group redis -o requirements-dev.txt
	@$(COMPILE) $(UPGRADE) --group mysql -o requirements-mysql.txt
	@$(COMPILE) $(UPGRADE) --group redis -o requirements-redis.txt

docs: $(VENV)/.development ## write the pages that are made from the code: .env.example, configuration, errors, events
	@$(BIN)/python manage.py settings --env-example > .env.example
	@$(BIN)/python manage.py settings --markdown > docs/configuration.md
	@$(BIN)/python manage.py errors > docs/errors.md
	@$(BIN)/python manage.py events page > docs/events.md
	@$(BIN)/python manage.py events asyncapi > docs/asyncapi.yaml

tools: $(VENV)/.development ## install what tests use beside Python: a browser, Node's test tools, MySQL's driver
	@bash tests/tools.sh

check-format:
	@$(BIN)/ruff format --check --quiet --output-format concise .
check-lint:
	@$(BIN)/ruff check --quiet --output-format concise .
check-types:
	@$(BIN)/mypy --no-error-summary
check-imports:
	@out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out"; exit 1; }
check-templates:
	@git ls-files -co --exclude-standard '*.html' | xargs $(BIN)/djade --check --target-version 5.2
	@$(BIN)/djlint --lint --quiet templates
check-dependencies:
	@out=$$($(BIN)/deptry . 2>&1) || { echo "$$out"; exit 1; }
check-requirements:
	@$(BIN)/python -m tests.requirements
check-migrations:
	@$(BIN)/python -m tests.migrations
check-facts:
	@$(BIN)/pytest -q --no-header --tb=short -p no:cacheprovider tests/unit/architecture tests/unit/docs

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Saluhall needs Python 3.11 or newer: make run PYTHON=/path/to/python3"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install -qq pip; } \
	  || { rm -rf $(VENV); echo "python3 -m venv does not work here; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@echo "Installing what Saluhall stands on (once, about 20 seconds) ..."
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt | $(BIN)/python
	@echo "Installing the tools of development ..."
	@$(INSTALL) -r requirements-dev.txt
	@touch $@
