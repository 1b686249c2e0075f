# The workshop. `make` alone lists the commands.

RECIPE ?= data/recipes/quickstart.toml
JOBS ?= auto

# Debian packages that tests need, by name; `make test` installs those that are missing: the landing page is opened in
# chromium, signatures are checked by minisign, and the repository server of the sweep stands on redis.
DEBIAN_PACKAGES ?= chromium minisign redis-server

# All but chgnet, whose torch brings gigabytes that no test of ours needs every day.
LOCKED_EXTRAS := hdf5 huggingface maps polars s3 serve xlsx

bin := .venv/bin

# Modules found by way of these would not be the locked ones.
unexport PYTHONHOME PYTHONPATH

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup system run test sweep bench cover check format lint types lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv from requirements.lock, if it is not up to date
	@sh .ci/setup

run: setup ## turn a recipe into a dataset: RECIPE=data/recipes/quickstart.toml
	@$(bin)/matgranary run "$(RECIPE)"

test: setup system ## run the tests, JOBS=auto at once; ARGS="-k name" picks some
	@$(bin)/pytest -n $(JOBS) --dist=loadfile $(ARGS)

sweep: setup system ## run the long tests, which go through every point of failure
	@$(bin)/pytest -m sweep --timeout=3600 $(ARGS)

bench: setup ## take the figures in benchmarks/
	@$(bin)/pytest benchmarks --benchmark-enable --benchmark-only --timeout=3600 $(ARGS)

cover: setup system ## run the tests and hold the floor of the coverage
	@$(bin)/pytest -n $(JOBS) --dist=loadfile --cov --cov-report=term $(ARGS)

check: lint types test ## everything a change must pass: format, style, imports, dependencies, types, tests

format: setup ## lay out the code
	@$(bin)/ruff format
	@$(bin)/ruff check --fix

lint: setup ## format, style, who imports whom, declared dependencies
	@$(bin)/ruff format --check --quiet || { echo "make format lays these files out" >&2; exit 1; }
	@$(bin)/ruff check --quiet
	@$(bin)/lint-imports --no-logo
	@$(bin)/deptry . --no-ansi

types: setup ## check the types
	@$(bin)/mypy

lock: setup ## write requirements.lock from pyproject.toml; UPGRADE=1 takes the newest versions
	@$(bin)/uv pip compile --quiet pyproject.toml --group dev $(addprefix --extra ,$(LOCKED_EXTRAS)) --universal --python-version 3.12 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		$(if $(UPGRADE),--upgrade) --output-file requirements.lock

clean: ## remove what these commands made; data/ stays
	@rm -rf .venv .venv-judges .venv-uv .venv-uv-cache dist .ruff_cache .mypy_cache .pytest_cache .import_linter_cache \
		.hypothesis .benchmarks .coverage .coverage.* htmlcov
	@find harvest curation schemas tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

ifneq ($(strip $(DEBIAN_PACKAGES)),)
system:
	@missing=$$(for name in $(DEBIAN_PACKAGES); do dpkg -s "$$name" >/dev/null 2>&1 || echo "$$name"; done); \
	if [ -n "$$missing" ]; then \
		echo "system:" $$missing; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $$missing >/dev/null \
			|| { echo "system: install these Debian packages, then run make again:" $$missing >&2; exit 1; }; \
	fi
else
system:
endif
