# Every verb that people and CI use.
.DEFAULT_GOAL := help
.PHONY: help setup run test check format protos proto-check lock bench clauses clean

PYTHON ?= python3
BIN := .venv/bin
# Two workers: much of a test's time is waiting for an engine to start or to write to disk.
PYTEST_ARGS ?= --numprocesses 2 --dist loadfile

help: ## Prints the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Prepares the environment: .venv with everything pinned
	@PYTHON=$(PYTHON) .ci/setup

run: setup ## Starts everything with the demonstration world and prints the console's address
	@exec $(BIN)/yuqing up

test: setup ## Runs all tests, with real engines
	@$(BIN)/pytest $(PYTEST_ARGS)

check: setup ## Checks style, types, imports, dependencies and contracts
	@.ci/check

format: setup ## Formats the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

protos: setup ## Generates the code of the contracts
	@.ci/protos

proto-check: setup ## Checks that the generated code is what the contracts say
	@.ci/protos --check

lock: setup ## Compiles requirements.lock from the manifests
	@.ci/lock

bench: setup ## Measures, side by side with a named reference
	@$(BIN)/python -m tests.bench

clauses: setup ## Prints which clauses of the regulation a passing test shows
	@$(BIN)/pytest --clauses --quiet

clean: ## Removes the environment and this installation's data
	@rm -rf .venv var
