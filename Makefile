# Latchkey's commands; `make help` lists them.

PORT ?= 9000
ARGS ?=
# The processor of the functions in AWS: arm64 or x86_64.
ARCH ?= x86_64
# What `make deploy` deploys: an environment of samconfig.toml with its parameters in infra/parameters, and parameters that go before those.
ENV ?= dev
STACK ?= latchkey-$(ENV)
PARAMETERS ?=
# How `make deploy` shifts the traffic, as docs/alarms.md says; empty is at once.
ROLLOUT ?=
# Whether `make deploy` and `make bench` take the binaries in target/lambda as they are.
BUILT ?=

# What `build`, `zips` and `test-reproducible` are about: all functions, or the ones that are named.
FUNCTIONS ?= $(patsubst functions/%/Cargo.toml,%,$(wildcard functions/*/Cargo.toml))
# What `audit` looks at. Where the advisories can't be fetched: AUDIT="bans licenses sources".
AUDIT ?= advisories bans licenses sources

CARGO_DENY_VERSION := 0.20.2
CARGO_CYCLONEDX_VERSION := 0.5.9
# The tools that are Python packages have theirs in infra/requirements.
SAM_VERSION := $(shell sed -n 's/^aws-sam-cli==//p' infra/requirements/sam.in)
PYTHON_MINIMUM := 3.11
# What `make requirements` compiles, and UPGRADE=--upgrade to take newer versions of what these ask for.
REQUIREMENTS := $(wildcard infra/requirements/*.in clients/*/*.in tests/*/*.in tests/*/*/*.in)
UPGRADE ?=

# The tests of the whole house. With -p cargo would build the libraries twice, once for --workspace and once with fewer features.
TESTS := cargo test --workspace --locked --test api

# Make 3.81, which macOS has, looks for a plain command on the PATH that it was started with, unless the shell is not its default one.
SHELL := /bin/bash
# The folder's own tools before any other. Cargo's usual place is last, for a shell opened before it was installed.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.venv-sam/bin:$(CURDIR)/.tools/bin:$(PATH):$(HOME)/.cargo/bin

.DEFAULT_GOAL := help
.PHONY: help run test test-flood test-contract template clients clients-generate costs cost bench build zips test-reproducible dist test-dist deploy test-deploy test-sam-local lint lint-template lint-workflows requirements audit sbom rust node cargo-lambda cargo-deny cargo-cyclonedx sam

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "make %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --bin, as the functions are built: with -p cargo would build the libraries twice.
run: rust ## start everything on this machine; PORT=9001 for another port, ARGS=--help for more
	@cargo run --bin latchkey -- dev --port $(PORT) $(ARGS)

test: rust node ## run all tests that need no AWS, the real binaries and the vendors' clients among them
	cargo test --workspace --locked
	LATCHKEY_FLOOD_SECONDS=10 $(TESTS) -- --ignored --nocapture flood::
	$(TESTS) -- --ignored --nocapture stack:: contract::generated::
	$(MAKE) --no-print-directory test-contract
	$(TESTS) -- --ignored --nocapture least_privilege:: costs:: contract::coverage::

test-flood: rust ## flood the running local stack with wrong passwords from one address for a minute, at the template's limits
	$(TESTS) -- --ignored --nocapture flood::

test-contract: rust ## try the running local stack against the contract with schemathesis; LATCHKEY_TEST_SEED=1 for another seed
	$(TESTS) -- --ignored --nocapture contract::schemathesis::

costs: rust ## measure what each operation asks of DynamoDB, in units, and write docs/costs.md
	$(TESTS) it_costs
	LATCHKEY_WRITE_COSTS=1 $(TESTS) -- --ignored costs::

# The functions as AWS runs them, and what they are measured beside. An optimised bench, or its DynamoDB would be what is measured.
bench: $(if $(BUILT),,build) node .venv-bench ## measure the functions' binaries, and write docs/performance.md; ARGS="--starts 2 --warm 2" for a quick look
	$(LAMBDA_BUILD) --package bench-hash
	$(LAMBDA_BUILD) --package latchkey-bench-bare
	cd infra/bench/node && npm ci --silent --no-audit --no-fund && npm run --silent build
	cargo run --quiet --locked --profile bench-host -p latchkey-bench -- $(ARGS)

cost: rust ## reckon what that costs in dollars, and where AWS's limits are: docs/pricing.md, docs/limits.md, docs/alternatives.svg
	@cargo run --quiet -p latchkey-cost -- $(ARGS)

template: rust ## assemble template.yaml and the tables in the docs from infra/template, functions/*/function.yaml and the contract
	@cargo run --quiet -p latchkey-assemble

clients: rust node .venv-clients ## build the client libraries as they are published: target/clients
	@mkdir -p target/clients
	cd clients/typescript && npm ci --silent --no-audit --no-fund && npm pack --silent --pack-destination ../../target/clients
	cp LICENSE-* clients/python && .venv-clients/bin/python -m build --no-isolation --outdir target/clients clients/python
	cargo package --quiet --locked --allow-dirty --package latchkey-client --all-features --target-dir target
	cp target/package/latchkey-client-*.crate target/clients

clients-generate: node .venv-clients ## write what the client libraries generate from the contract
	cd clients/typescript && npm ci --silent --no-audit --no-fund && npm run --silent generate
	PATH="$(CURDIR)/.venv-clients/bin:$$PATH" openapi-python-client generate --meta none --fail-on-warning --overwrite \
	  --path infra/openapi.yaml --output-path clients/python/src/latchkey_client/generated

# What deploys with ROLLOUT, never committed. The time makes every deploy a new version of each function.
.PHONY: template.rollout.yaml
template.rollout.yaml: rust
	@cargo run --quiet -p latchkey-assemble -- --rollout $(or $(ROLLOUT),Canary10Percent5Minutes) --release "$$(date -u +%Y%m%dT%H%M%SZ)" >$@

# The flags and the mode: the same commit gives the same bytes, in whatever folder, home and umask it is built.
LAMBDA_BUILD = flags=$$(sh infra/release/remap.sh) && env -u CARGO_ENCODED_RUSTFLAGS -u CFLAGS -u CXXFLAGS RUSTFLAGS="$$flags" \
  cargo lambda build --release --locked --$(subst _,-,$(ARCH)) --lambda-dir target/lambda

# The packages by name: cargo then leaves out of the functions what only the other packages ask of a shared library.
build: cargo-lambda ## build what AWS runs: target/lambda/<operation>/bootstrap; ARCH=arm64 for Graviton
	@cargo fetch --quiet --locked
	$(LAMBDA_BUILD) $(addprefix --package ,$(FUNCTIONS))
	@chmod 0755 $(patsubst %,target/lambda/%/bootstrap,$(FUNCTIONS))

zips: build ## build, and list the zips that `sam deploy` makes of it: target/zips, with size and SHA-256
	@python3 infra/release/zips.py target/lambda target/zips $(FUNCTIONS)

test-reproducible: zips ## build the commit again, elsewhere, and compare; FUNCTIONS=jwks for one function
	@sh infra/release/reproducible.sh $(FUNCTIONS)

# The program is built as the functions are, and runs on as old a Linux as they do. A Mac runs neither, and gets its own besides.
dist: $(if $(BUILT),,build dist-program clients) ## build, and pack the release archive: target/dist; ARCH=arm64 for another processor
	@python3 infra/release/dist.py --target $(DIST_TARGET) $(DIST_LOCAL) $(FUNCTIONS)

.PHONY: dist-program
ifeq ($(shell uname -s),Darwin)
dist: ARCH = arm64
DIST_TARGET = aarch64-apple-darwin
DIST_LOCAL = --program target/release/latchkey --local target/release
dist-program: rust
	flags=$$(sh infra/release/remap.sh) && env -u CARGO_TARGET_DIR RUSTFLAGS="$$flags" \
	  cargo build --release --locked --bin latchkey $(addprefix --bin ,$(FUNCTIONS))
else
DIST_TARGET = $(subst arm64,aarch64,$(ARCH))-unknown-linux-gnu
DIST_LOCAL =
dist-program: cargo-lambda
	$(LAMBDA_BUILD) --package latchkey-cli
endif

test-dist: cargo-lambda sam ## unpack the release archive where nothing is installed, without a network, and try it
	$(TESTS) dist:: -- --ignored --nocapture

# ARCH is here the Architecture of the environment's parameters, and goes to sam last: what is built is what is deployed.
# Who starts it by hand is asked before prod changes; CI is not.
deploy: ARCH = $(shell sed -n 's/^Architecture: *//p' infra/parameters/$(ENV).yaml)
deploy: $(if $(BUILT),,build) $(if $(ROLLOUT),template.rollout.yaml) sam ## build, and deploy to your AWS account; ENV=prod for another environment, PARAMETERS="Name=value" to change some
	sam deploy --config-env $(ENV) --stack-name $(STACK) $(if $(ROLLOUT),--template-file template.rollout.yaml) $(if $(CI),--no-confirm-changeset) $(ARGS) \
	  --parameter-overrides file://infra/parameters/$(ENV).yaml $(PARAMETERS) Architecture=$(ARCH)
	@sam list stack-outputs --stack-name $(STACK) --output json

test-deploy: cargo-lambda node sam ## deploy to an AWS on this machine, by `make deploy` itself and from the archive, and test what is there
	$(TESTS) deploy:: -- --ignored --nocapture
	$(MAKE) --no-print-directory test-dist

test-sam-local: ## run what AWS runs in containers, by `sam local`; does nothing where Docker does not run
	@if docker info >/dev/null 2>&1; then $(MAKE) --no-print-directory sam-local; \
	else echo "Docker does not run here, or not for this user: the test with sam local was left out."; fi

# LATCHKEY_TEST_BUILT leaves out the build, for who has just done it.
.PHONY: sam-local
sam-local: $(if $(LATCHKEY_TEST_BUILT),,build) sam
	$(TESTS) sam_local:: -- --ignored --nocapture

lint: rust ## check format and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

# What template.yaml stands beside is plain CloudFormation; the edge stands in us-east-1 only.
lint-template: template.rollout.yaml sam .venv-lint ## check the templates as SAM, CloudFormation and checkov see them; .cfnlintrc and .checkov.yaml say what they pass over, and why
	SAM_CLI_TELEMETRY=0 sam validate --lint --region eu-central-1
	SAM_CLI_TELEMETRY=0 sam validate --lint --region us-east-1 --template-file infra/edge.yaml
	.venv-lint/bin/checkov --file template.yaml template.rollout.yaml infra/ci-role.yaml infra/edge.yaml
	for template in template.yaml template.rollout.yaml infra/ci-role.yaml; do .venv-lint/bin/cfn-lint $$template || exit 1; done
	.venv-lint/bin/cfn-lint --regions us-east-1 -- infra/edge.yaml

lint-workflows: .venv-workflows ## check the workflows of GitHub
	.venv-workflows/bin/zizmor --persona auditor .github

# Every package, those that others ask for too, with the hashes of its files: pip then takes no other file. For each Python from the
# oldest on, and each processor.
requirements: .venv-uv ## write the requirements with hashes after a change of an *.in file; UPGRADE=--upgrade for newer versions
	@for file in $(REQUIREMENTS); do .venv-uv/bin/uv pip compile --quiet --universal --python-version $(PYTHON_MINIMUM) --generate-hashes \
	  --no-emit-index-url --custom-compile-command 'make requirements' $(UPGRADE) --output-file $${file%.in}.txt $$file || exit 1; done

audit: cargo-deny ## check the crates: known vulnerabilities, licences, who may depend on what, and where from
	cargo deny --locked check $(AUDIT)

sbom: cargo-cyclonedx ## list the crates that ship, of the last commit: target/sbom/latchkey.cdx.json
	@sh infra/release/sbom.sh $(subst x86_64,x86_64-unknown-linux-gnu,$(subst arm64,aarch64-unknown-linux-gnu,$(ARCH)))

# What follows makes sure of what the commands need, or says what to do.

rust:
	@command -v cargo >/dev/null || { \
	  echo "Rust is missing. Install it as https://rustup.rs says, and try again."; exit 1; }
	@command -v cc >/dev/null || { \
	  echo "A C compiler is missing. On Debian and Ubuntu: sudo apt-get install build-essential"; exit 1; }

node:
	@command -v node >/dev/null && command -v npm >/dev/null && node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' || { \
	  echo "Node.js 20 or newer is missing, which the vendors' own clients are tested with. Install it as https://nodejs.org says, and try again."; exit 1; }

# `cargo lambda` builds for AWS. It comes as a Python package with its cross-linker; one that is there is taken.
cargo-lambda: rust
	@if ! cargo lambda --version >/dev/null 2>&1; then $(MAKE) --no-print-directory .venv; fi

# One that is there is taken if it is at least this version: an old one reads no parameters from files.
sam:
	@if ! printf '%s\n' $(SAM_VERSION) $$(sam --version 2>/dev/null | sed 's/.* //') | sort -V | sed 1q | grep -qx $(SAM_VERSION) || \
	  ! command -v sam >/dev/null; then $(MAKE) --no-print-directory .venv-sam; fi

# Python packages, each set in a virtual environment of its own: they want other versions of the same libraries. pip takes the files
# whose hashes are listed, which are all that is needed, and builds none: what a build asks for has no hashes. An environment that
# was made of the same list is taken as it is.
.PHONY: .venv .venv-sam .venv-lint .venv-bench .venv-workflows .venv-uv .venv-clients
.venv: LIST = cargo-lambda
.venv-sam: LIST = sam
.venv-lint: LIST = linters
.venv-bench: LIST = argon2-cffi
.venv-workflows: LIST = workflows
.venv-uv: LIST = uv
.venv-clients: LIST = ../../clients/python/requirements
.venv .venv-sam .venv-lint .venv-bench .venv-workflows .venv-uv .venv-clients:
	@cmp -s infra/requirements/$(LIST).txt $@/requirements.txt || $(MAKE) --no-print-directory venv VENV=$@ LIST=$(LIST)

.PHONY: venv
venv:
	@command -v python3 >/dev/null || { \
	  echo "Python is missing. Install Python $(PYTHON_MINIMUM) or newer, or what infra/requirements/$(LIST).in names in another way."; exit 1; }
	@python3 -c 'import sys; sys.exit(sys.version_info < tuple(map(int, "$(PYTHON_MINIMUM)".split("."))))' || { \
	  echo "$$(python3 --version) is too old. Install Python $(PYTHON_MINIMUM) or newer, or what infra/requirements/$(LIST).in names in another way."; exit 1; }
	@echo "Installing $$(sed -n 's/^\([a-z].*\)/\1/p' infra/requirements/$(LIST).in | paste -sd ' ' -) into $(VENV)"
	@python3 -m venv --clear $(VENV) >$(VENV).log 2>&1 || { cat $(VENV).log; rm -rf $(VENV) $(VENV).log; \
	  echo "Python can't make a virtual environment. On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
	  --requirement infra/requirements/$(LIST).txt || { rm -rf $(VENV) $(VENV).log; \
	  echo "What infra/requirements/$(LIST).txt names could not be fetched. Is there a network? Try again, or install it in another way."; exit 1; }
	@cp infra/requirements/$(LIST).txt $(VENV)/requirements.txt
	@rm -f $(VENV).log

# Cargo's own tools are compiled once, into .tools, unless the same version is already there.
cargo-deny cargo-cyclonedx: rust
	@if ! cargo $(@:cargo-%=%) --version 2>/dev/null | grep -q ' $(subst .,\.,$(VERSION))$$'; then \
	  echo "Installing $@ $(VERSION) into .tools"; \
	  env -u CARGO_TARGET_DIR cargo install --quiet --locked --root .tools $@@$(VERSION); fi
cargo-deny: VERSION = $(CARGO_DENY_VERSION)
cargo-cyclonedx: VERSION = $(CARGO_CYCLONEDX_VERSION)
