# Commands for people. `make` without a target lists them.

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
SEED ?= 1
EVENTS ?= 200
LOCAL := $(PYTHON) -m local
OPS := $(PYTHON) -m ops
TOOLS := .local/venv/tools/bin
ROOMS := local ops checks chaos samples project bench

.PHONY: help browser check cli clients console console-check contract fuzz mutants redaction rehearse chaos run second-database up down test logs invoke invoke-all lint quick-lint quick-test supply bench bench-check growth cost fmt secrets replay erase migrate trace restore adopt build deploy rollback tools stage

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

run: ## start everything, play one call through it, serve until Ctrl-C
	@$(LOCAL) run

up: ## start the local stack, or replace the functions that changed, and leave it running
	@$(LOCAL) up

down: ## stop the local stack
	@$(LOCAL) down

test: ## run every test but the browser's, on the running local stack or on a new one
	@$(LOCAL) test

browser: ## test the console and document 000's client in Chromium, on the running local stack or on a new one
	@$(LOCAL) browser

logs: ## print what the functions logged (FUNCTION=call-completed for one)
	@$(LOCAL) logs $(FUNCTION)

invoke: ## run one function in Docker, against the local stack (FUNCTION=CallCompleted, EVENT=events/….json for another sample)
	@$(LOCAL) invoke "$(FUNCTION)" "$(EVENT)"

invoke-all: ## run every function on its sample events in Docker, and print a table
	@$(LOCAL) invoke-all

fuzz: ## parse a million mutated samples with each group of parsers (CASES=1000000)
	PROPTEST_CASES=$(or $(CASES),1000000) cargo test --workspace --locked --test suite fuzzing::

redaction: ## search every line that the running stack has logged for secrets, tokens, bodies and phone numbers
	@$(PYTHON) -m project.environment cloud
	@.local/venv/cloud/bin/python -m checks.redaction

mutants: ## change the rules one at a time and list what no test notices (FILE=lib/src/domain/call/outcome.rs; a minute or more per change, days without FILE)
	@command -v cargo-mutants >/dev/null || { echo 'Install it: cargo install cargo-mutants --locked --version 27.1.0' >&2; exit 1; }
	CARGO_TARGET_DIR="$(CURDIR)/target/mutants" cargo mutants --output .local $(if $(FILE),--file "$(FILE)")

rehearse: ## run the operators' commands (secrets, restore, adopt, rollback) in a separate emulator
	@$(LOCAL) rehearse

second-database: ## run the end-to-end tests on another implementation of AWS's APIs (moto; twenty minutes)
	@$(LOCAL) second-database

chaos: ## play calls while AWS, processes and customers fail by a seed, and check that nothing is lost or wrong (SEED=1 EVENTS=200)
	@$(PYTHON) -m chaos --seed $(SEED) --events $(EVENTS)

contract: tools ## test the running stack against docs/openapi.yaml with generated requests (five minutes)
	$(TOOLS)/python -m checks.contract

check: tools ## what needs no stack: format, clippy, the quick checks of make lint, unit and property tests
	cargo fmt --check
	@$(MAKE) --no-print-directory --jobs=2 --output-sync quick-lint quick-test

lint: tools quick-lint ## check the template, docs/openapi.yaml, docs/COST.md, make trace, the documents' links and prose, and the Python code
	SAM_CLI_TELEMETRY=0 $(TOOLS)/sam validate --lint --region us-east-1
	@$(PYTHON) -m project.environment security
	@# It ends with 0 also when it cannot read the template.
	.local/venv/security/bin/checkov --config-file checks/checkov.yaml > .local/checkov.log; code=$$?; cat .local/checkov.log; ! grep -q "Parsing errors" .local/checkov.log && exit $$code

quick-test:
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --quiet --workspace --locked --lib --test suite

# What of `make lint` takes seconds.
quick-lint: tools .local/cfn-lint.passed
	$(TOOLS)/ruff check $(ROOMS)
	$(TOOLS)/ruff format --check $(ROOMS)
	$(TOOLS)/python -m checks.template
	$(TOOLS)/python -m checks.openapi
	$(TOOLS)/python -m checks.trace
	$(TOOLS)/python -m checks.links
	$(TOOLS)/python -m checks.prose
	$(TOOLS)/python -m bench.cost --check

# It takes 20 seconds of a processor, so it runs where the template or the tools have changed.
.local/cfn-lint.passed: template.yaml project/requirements/tools.lock | tools
	$(TOOLS)/cfn-lint template.yaml
	@touch $@

supply: tools ## check Cargo.lock: licences, banned crates, sources, unused dependencies, and known vulnerabilities where their database can be reached
	$(TOOLS)/cargo-deny --locked check --deny warnings bans licenses sources
	@if $(TOOLS)/cargo-deny fetch db 2>/dev/null; then set -x; $(TOOLS)/cargo-deny --locked check --disable-fetch advisories; \
		else echo '· skipped the advisories: their database, a git repository, cannot be reached'; fi
	$(TOOLS)/cargo-shear --locked

cli: ## install the command line `ringpost` into cargo's folder of programs
	cargo install --path cli --locked

clients: ## check clients/python and clients/typescript: the generated types, the tests, the packages
	@$(PYTHON) -m project.environment clients
	cd clients/python && export PATH="$(CURDIR)/.local/venv/clients/bin:$$PATH" && datamodel-codegen --check && \
		ruff check && ruff format --check && mypy && PYTHONPATH=src python -m unittest && python fresh.py
	@command -v npm >/dev/null || { echo "· skipped clients/typescript: there is no npm on this machine"; exit 0; }; \
		cd clients/typescript && npm ci --silent && npm run --silent check


console: ## build the console into console/dist, if its sources changed
	@$(PYTHON) -m project.console

console-check: ## check the console: lint, types, unit tests, build, the weight of its first load
	@$(PYTHON) -m project.console --check

bench: ## measure the release binaries against the budgets, beside the same job in bare Rust, Node and Python
	$(PYTHON) -m bench.run

bench-check: ## count instructions with callgrind, and fail where they are a fifth above bench/instructions.json
	$(PYTHON) -m bench.instructions

growth: ## measure how the cost of an invocation grows, and write docs/GROWTH.md (fifteen minutes)
	$(PYTHON) -m bench.growth

cost: tools ## compute the AWS bill of a million webhooks and write it into docs/COST.md
	$(TOOLS)/python -m bench.cost --write

fmt: tools ## format Rust and Python
	$(TOOLS)/ruff format $(ROOMS)
	cargo fmt

secrets: stage ## show and change a stage's secrets in SSM (STAGE=dev, ADD=token-keys, REMOVE=token-keys:3fa9c1d2)
	@$(OPS) secrets $(STAGE) $(if $(ADD),--add "$(ADD)") $(if $(REMOVE),--remove "$(REMOVE)") \
		$(if $(REPLACE),--replace "$(REPLACE)") $(if $(FILE),--file "$(FILE)") $(if $(YES),--yes)

replay: ## process the events of a time window again (STAGE=dev FROM=2026-11-01T00:00Z TO=…, YES=1 skips the question)
	@$(OPS) replay "$(STAGE)" --from "$(FROM)" $(if $(TO),--to "$(TO)") $(if $(YES),--yes)

erase: ## remove a person from the whole store (STAGE=dev PHONE=+15551234567; only YES=1 removes)
	@$(OPS) erase "$(STAGE)" --phone "$(PHONE)" $(if $(YES),--yes)

migrate: ## convert a directory of version 0.1 to the present layout (STAGE=dev, REMOVE=1 after the deployment)
	@$(OPS) migrate "$(STAGE)" $(if $(REMOVE),--remove) $(if $(YES),--yes)

trace: ## print everything about an event, a call, a webhook-id or a delivery (STAGE=dev ID=…; TENANT, CALL, AT=2026-11-01T14:00Z narrow the search)
	@$(OPS) trace "$(STAGE)" --id="$(ID)" $(if $(TENANT),--tenant="$(TENANT)") $(if $(CALL),--call="$(CALL)") $(if $(AT),--at="$(AT)") $(if $(YES),--yes)

restore: ## copy restored items back into tables (STAGE=dev TABLE=Calls AT=2026-11-26T03:00Z or SOURCE=table, OVERWRITE=1, REMOVE=1, YES=1)
	@$(OPS) restore "$(STAGE)" --table "$(TABLE)" $(if $(AT),--at "$(AT)") $(if $(SOURCE),--source "$(SOURCE)") \
		$(if $(OVERWRITE),--overwrite) $(if $(REMOVE),--remove) $(if $(YES),--yes)

adopt: ## prepare the import of a deleted stack's tables into the next stack (STAGE=dev, TABLES=name,name to choose)
	@$(OPS) adopt "$(STAGE)" $(if $(TABLES),--tables "$(TABLES)")

build: tools console ## build the console and the release binaries with sam
	PATH="$(CURDIR)/$(TOOLS):$$PATH" SAM_CLI_TELEMETRY=0 sam build --config-env $(or $(STAGE),local)

deploy: stage build ## build and deploy to AWS (STAGE=dev), and keep the release
	@$(OPS) deploy "$(STAGE)"

rollback: stage tools ## deploy a kept release again, without building (STAGE=dev TO=0.1.0-…, YES=1; without TO it lists them)
	@$(OPS) rollback "$(STAGE)" $(if $(TO),--to "$(TO)") $(if $(YES),--yes)

tools:
	@$(PYTHON) -m project.environment tools

stage:
	@case "$(STAGE)" in dev|prod) ;; *) echo "Say which stage: make $(MAKECMDGOALS) STAGE=dev, or STAGE=prod." >&2; exit 1 ;; esac
