# The human verbs. `make` alone lists them.

PYTHON ?= python3
STAGE ?=
FUNCTION ?=
EVENT ?=
CASES ?=
FROM ?=
TO ?=
TABLE ?=
TABLES ?=
SOURCE ?=
OVERWRITE ?=
YES ?=
ADD ?=
REMOVE ?=
REPLACE ?=
FILE ?=
PHONE ?=
ID ?=
TENANT ?=
CALL ?=
AT ?=
LOCAL := $(PYTHON) -m local
TOOLS := .local/venv/tools/bin
COST := bench/billing.py bench/cost.py bench/footprint.py bench/stack.py bench/tables.py

.PHONY: help contract fuzz redaction rehearse run up down test logs invoke invoke-all check lint quick-lint quick-test supply bench cost fmt secrets replay erase migrate trace restore adopt build deploy rollback tools stage

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: ## start everything, play one call through it, serve until Ctrl-C
	@$(LOCAL) run

up: ## start or refresh the local cloud and leave it running
	@$(LOCAL) up

down: ## stop the local cloud
	@$(LOCAL) down

test: ## run every test, in the running local cloud or in one of its own
	@$(LOCAL) test

logs: ## print what the functions logged (FUNCTION=call-completed for one)
	@$(LOCAL) logs $(FUNCTION)

invoke: ## run one function in Docker, against the local cloud (FUNCTION=CallCompleted, EVENT=events/….json for another sample)
	@$(LOCAL) invoke "$(FUNCTION)" "$(EVENT)"

invoke-all: ## run every function on its sample events in Docker, as a table
	@$(LOCAL) invoke-all

fuzz: ## bend the samples out of shape, a million times for each group of parsers (CASES=1000000)
	PROPTEST_CASES=$(or $(CASES),1000000) cargo test --workspace --locked --test suite fuzzing::

redaction: ## look for secrets, tokens, bodies and numbers in every line that the running stack has logged
	@$(LOCAL) redaction

rehearse: ## rehearse what operators do (secrets, restore, adopt, rollback) in an emulator of its own, in seconds
	@$(PYTHON) -m local.environment cloud
	@.local/venv/cloud/bin/python -m local.rehearsals

contract: tools ## hold the running stack to docs/openapi.yaml by requests (five minutes)
	$(TOOLS)/python -m local.contract

check: tools ## what needs no stack, in a minute: format, clippy, the quick checks of make lint, unit and property tests
	cargo fmt --check
	@$(MAKE) --no-print-directory --jobs=2 --output-sync quick-lint quick-test

lint: tools quick-lint ## check the template, docs/openapi.yaml, docs/COST.md, what make trace computes, the documents' links, and the Python of the local cloud
	SAM_CLI_TELEMETRY=0 $(TOOLS)/sam validate --lint --region us-east-1
	@$(PYTHON) -m local.environment security
	.local/venv/security/bin/checkov --config-file local/checkov.yaml

quick-test:
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --quiet --workspace --locked --lib --test suite

# What of `make lint` takes seconds.
quick-lint: tools
	$(TOOLS)/ruff check --config local/ruff.toml local $(COST)
	$(TOOLS)/ruff format --check --config local/ruff.toml local $(COST)
	$(TOOLS)/cfn-lint template.yaml
	$(TOOLS)/python -m local.check_template
	$(TOOLS)/python -m local.check_openapi
	$(TOOLS)/python -m local.check_trace
	$(TOOLS)/python -m local.check_links
	$(TOOLS)/python bench/cost.py --check

supply: tools ## check Cargo.lock: licences, banned crates, sources, unused dependencies, and known vulnerabilities where their database can be reached
	$(TOOLS)/cargo-deny --locked check --deny warnings bans licenses sources
	@if $(TOOLS)/cargo-deny fetch db 2>/dev/null; then set -x; $(TOOLS)/cargo-deny --locked check --disable-fetch advisories; \
		else echo '· skipped the advisories: their database, a git repository, cannot be reached'; fi
	$(TOOLS)/cargo-shear --locked

bench: ## measure the release binaries against the budgets
	$(PYTHON) bench/run.py

cost: tools ## write what AWS bills for a million webhooks into docs/COST.md
	$(TOOLS)/python bench/cost.py --write

fmt: tools ## format Rust and Python
	$(TOOLS)/ruff format --config local/ruff.toml local $(COST)
	cargo fmt

secrets: stage ## show and change a stage's secrets in SSM (STAGE=dev, ADD=token-keys, REMOVE=token-keys:3fa9c1d2)
	@$(LOCAL) secrets $(STAGE) $(if $(ADD),--add "$(ADD)") $(if $(REMOVE),--remove "$(REMOVE)") \
		$(if $(REPLACE),--replace "$(REPLACE)") $(if $(FILE),--file "$(FILE)") $(if $(YES),--yes)

replay: ## drive the events of a window again (STAGE=dev FROM=2026-11-01T00:00Z TO=…, YES=1 to go on unasked)
	@$(LOCAL) replay "$(STAGE)" --from "$(FROM)" $(if $(TO),--to "$(TO)") $(if $(YES),--yes)

erase: ## remove a person from the whole store (STAGE=dev PHONE=+15551234567, YES=1 to do it)
	@$(LOCAL) erase "$(STAGE)" --phone "$(PHONE)" $(if $(YES),--yes)

migrate: ## bring a directory that an earlier version filled into the present layout (STAGE=dev, REMOVE=1 after the deployment)
	@$(LOCAL) migrate "$(STAGE)" $(if $(REMOVE),--remove) $(if $(YES),--yes)

trace: ## print the whole way of an event, a call, a webhook-id or a delivery (STAGE=dev ID=…; TENANT, CALL, AT=2026-11-01T14:00Z narrow the search)
	@$(LOCAL) trace "$(STAGE)" --id="$(ID)" $(if $(TENANT),--tenant="$(TENANT)") $(if $(CALL),--call="$(CALL)") $(if $(AT),--at="$(AT)") $(if $(YES),--yes)

restore: ## bring back what tables had (STAGE=dev TABLE=Calls AT=2026-11-26T03:00Z or SOURCE=table, OVERWRITE=1, REMOVE=1, YES=1)
	@$(LOCAL) restore "$(STAGE)" --table "$(TABLE)" $(if $(AT),--at "$(AT)") $(if $(SOURCE),--source "$(SOURCE)") \
		$(if $(OVERWRITE),--overwrite) $(if $(REMOVE),--remove) $(if $(YES),--yes)

adopt: ## say how the tables of a deleted stack get into the next one (STAGE=dev, TABLES=name,name to choose)
	@$(LOCAL) adopt "$(STAGE)" $(if $(TABLES),--tables "$(TABLES)")

build: tools ## build the release functions with sam
	PATH="$(CURDIR)/$(TOOLS):$$PATH" SAM_CLI_TELEMETRY=0 sam build --config-env $(or $(STAGE),local)

deploy: stage build ## build and deploy to AWS (STAGE=dev), and keep the release
	@$(LOCAL) deploy "$(STAGE)"

rollback: stage tools ## deploy a kept release again, without building (STAGE=dev TO=0.1.0-…, YES=1; without TO list them)
	@$(LOCAL) rollback "$(STAGE)" $(if $(TO),--to "$(TO)") $(if $(YES),--yes)

tools:
	@$(PYTHON) -m local.environment tools

stage:
	@case "$(STAGE)" in dev|prod) ;; *) echo "Say which stage: make $(MAKECMDGOALS) STAGE=dev, or STAGE=prod." >&2; exit 1 ;; esac
