# The verbs of Skerry. `make help` lists them; each is one line.
PYTHON ?= python3
WORKSHOP = $(PYTHON) -m tools.workshop
INVENTORY ?= inventories/local
PLAYBOOK = PATH="$(CURDIR)/.venv/bin:$$PATH" ansible-playbook -i $(INVENTORY)
ON_HOST = .venv/bin/python -m tools.on_host $(INVENTORY)
TESTS = .venv/bin/python -m tests.run
# make's own AS is the assembler: without this line every restore would go beside, into a database «as».
AS =
.DEFAULT_GOAL := help
.PHONY: help up down clean ssh status logs workshop workshop-status venv secrets test-alert deploy rollback upgrade backup backups drill restore recovery-sheet recover app-dev test docs dashboards requirements

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

status: venv ## one screen: is all well? (exit code 1 where it is not)
	@$(ON_HOST) skerry-status

workshop-status: ## the workshop's containers, and whether the local console answers
	@$(WORKSHOP) status

workshop: ## what Molecule needs: engine, images, registry, ACME server; no VPS
	@$(WORKSHOP) workshop

venv: ## make or update the virtual environment in .venv
	@$(WORKSHOP) venv

secrets: ## add missing secrets to an inventory (INVENTORY=inventories/mine, as for all that follow)
	@$(WORKSHOP) secrets $(INVENTORY)

deploy: export SKERRY_MESSAGE = $(MESSAGE)
deploy: venv ## a release of an app: APP=shop RELEASE=1.5 [MESSAGE='why' BACKUP=1]
	@$(PLAYBOOK) playbooks/deploy-app.yml $(if $(APP),-e app=$(APP)) $(if $(RELEASE),-e release=$(RELEASE)) $(if $(BACKUP),-e deploy_backup=true)

rollback: export SKERRY_MESSAGE = $(MESSAGE)
rollback: venv ## an app's release before, or RELEASE=1.4: APP=shop [MESSAGE='why' BACKUP=1]
	@$(PLAYBOOK) playbooks/rollback-app.yml $(if $(APP),-e app=$(APP)) $(if $(RELEASE),-e release=$(RELEASE)) $(if $(BACKUP),-e deploy_backup=true)

upgrade: venv ## components that run another version than they should, one at a time: [ONLY=traefik CHECK=1 (only tell)]
	@$(PLAYBOOK) playbooks/upgrade-stack.yml $(if $(ONLY),-e upgrade_only=$(ONLY)) $(if $(CHECK),--check)

backup: venv ## back up everything now
	@$(ON_HOST) skerry-backup run

backups: venv ## the backups there are (FROM=offsite: at another target)
	@$(ON_HOST) skerry-backup list $(if $(FROM),--from $(FROM))

drill: venv ## prove that the newest backup restores (FROM=local: not the first target elsewhere)
	@$(ON_HOST) skerry-backup drill $(if $(FROM),--from $(FROM))

restore: venv ## bring data back: APP=console or ALL=1 [RUN=… TO='2026-11-24 12:34:56' FROM=offsite AS=look]
	@$(ON_HOST) skerry-backup restore $(if $(APP),--app $(APP)) $(if $(ALL),--all) $(if $(RUN),--run $(RUN)) $(if $(TO),--to '$(TO)') $(if $(FROM),--from $(FROM)) $(if $(AS),--as $(AS))

recovery-sheet: venv ## one page with all that is needed to come back without the machine (SHEET=file)
	@$(PLAYBOOK) playbooks/make-recovery-sheet.yml -e recovery_sheet=$(abspath $(or $(SHEET),.local/recovery-sheet.yml))

recover: venv ## from a recovery sheet onto a bare machine: SHEET=file HOST=address [NAME=recovered TO=…]
	@.venv/bin/python -m tools.recover $(SHEET) $(HOST) $(if $(NAME),--name $(NAME)) $(if $(TO),--to '$(TO)') $(if $(SSH_ARGUMENTS),--ssh-arguments '$(SSH_ARGUMENTS)')

logs: venv ## what containers said: [SERVICE=console_api] [SINCE=-1h] [FOLLOW=1]
	@$(ON_HOST) journalctl --no-pager --output=short-iso --since '$(or $(SINCE),-1h)' $(if $(FOLLOW),--follow) $(if $(SERVICE),COM_DOCKER_SWARM_SERVICE_NAME=$(SERVICE),--unit=docker.service)

test-alert: venv ## a test message to every channel that alerts go to
	@$(ON_HOST) skerry-test-alert

app-dev: export PORT := $(PORT)
app-dev: venv ## the console without Docker, for working on it: [PORT=5173 DATABASE_URL=… REDIS_URL=…]
	@.venv/bin/python -m tools.app_dev

test: venv ## all tests, with a summary
	@$(TESTS)

test-%: venv ## one part of the tests, as in make test-unit
	@$(TESTS) $*

docs: venv ## write the roles' READMEs from their argument specs
	@.venv/bin/python -m tests.lint "generated role READMEs"

dashboards: venv ## write Grafana's dashboards from tools/dashboards/
	@.venv/bin/python -m tools.dashboards

requirements: venv ## compile the pinned requirement files from their .in files
	@cd app && for set in requirements requirements-build frontend/requirements; do ../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url $$set.in -o $$set.txt; done
	@cd requirements && for set in uv runtime runner dev deploy; do ../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $$set.in -o $$set.txt; done
