# The verbs of Skerry. `make help` lists them; each is one line.
PYTHON ?= python3
WORKSHOP = $(PYTHON) -m tools.workshop
TESTS = .venv/bin/python -m tests.run
.DEFAULT_GOAL := help
.PHONY: help up down clean ssh status workshop venv secrets test docs requirements

help: ## show this list
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

up: ## from nothing to the platform on a local VPS (DISTRO=debian12 for Debian 12)
	@$(WORKSHOP) up

down: ## remove the local VPS; images and secrets are kept
	@$(WORKSHOP) down

clean: ## remove the whole workshop and .local (IMAGES=1: its images too)
	@$(WORKSHOP) clean $(if $(IMAGES),--images)

ssh: ## a shell on the local VPS (CMD="…": one command)
	@$(WORKSHOP) ssh $(if $(CMD),"$$CMD")

status: ## containers, services and certificate of the local VPS
	@$(WORKSHOP) status

workshop: ## what Molecule needs: engine, images, registry, ACME server; no VPS
	@$(WORKSHOP) workshop

venv: ## make or update the virtual environment in .venv
	@$(WORKSHOP) venv

secrets: ## add missing secrets to an inventory (INVENTORY=inventories/mine)
	@$(WORKSHOP) secrets $(INVENTORY)

test: venv ## all tests, with a summary
	@$(TESTS)

test-%: venv ## one part of the tests, as in make test-unit
	@$(TESTS) $*

docs: venv ## write the roles' READMEs from their argument specs
	@.venv/bin/python -m tests.lint "generated role READMEs"

requirements: venv ## compile the pinned requirement files from their .in files
	@cd requirements && for set in runtime dev; do ../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $$set.in -o $$set.txt; done
