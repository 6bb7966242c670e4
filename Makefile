# One line per thing to do; the work is in scripts/.

# Outside the checkout, so that a fresh clone does not compile everything again.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/wirereel/target

.PHONY: help run test demo demo-regions bench torture load k6 dev fmt lint frontend samples screenshots setup

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Show the sample recording in a window
	@scripts/run

test: ## Check everything
	@scripts/test

bench: ## Measure; `make bench-NAME` for one benchmark
	@scripts/bench

bench-%:
	@scripts/bench $*

torture: ## Kill the program again and again while it captures, and say what was lost
	@scripts/torture

load: ## Send customers into the demo shop; `make load SCENARIO=spike` for another scenario than the flash sale
	@scripts/load $(SCENARIO)

k6: ## Fetch the load tool, once
	@scripts/fetch-k6

dev: ## Work on the frontend with hot reload
	@scripts/dev

fmt: ## Format Rust and frontend
	@cargo fmt --all
	@cd frontend && npm run --silent format

lint: ## The cheap checks alone
	@scripts/test --cheap

frontend: ## Build frontend/dist
	@scripts/setup
	@scripts/frontend

demo: ## Show the flash sale live: shop, customers, capture and window; four minutes
	@scripts/demo

demo-regions: ## Show probes of two regions on loopback, with relays, a gateway and nginx between them
	@scripts/demo-regions

samples: ## Record the sample captures anew, with the demo shop
	@scripts/samples

screenshots: frontend ## Take the pictures in docs/img anew
	@cargo build --quiet -p wirereel-cli
	@scripts/screenshots.mjs

setup: ## Install what is missing on this machine
	@scripts/setup --for test
