# `make help` lists the targets. Running, testing, and building need only Go. Other targets print what is missing.

# Without Gin's support for MessagePack, which Routecard does not use, the program is 2 MB smaller.
GO_TAGS := nomsgpack
# The tools have their own module, so that Routecard does not depend on their dependencies.
TOOL := go tool -modfile=tools/go.mod
# A test file that takes longer than 10 minutes hangs. Without this limit, Node.js would wait for it forever.
NODE_TEST := node --test --test-timeout=600000

.DEFAULT_GOAL := help

##@ Use

.PHONY: run
run: ## Start the server on http://localhost:3000 (ARGS="--addr localhost:8080" passes flags)
	go run -tags $(GO_TAGS) . $(ARGS)

.PHONY: build
build: ## Build bin/routecard, one file without dependencies
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -tags $(GO_TAGS) -o bin/routecard .

.PHONY: release
release: ## Build the files of a release into dist/: archives, packages, images, and checksums (TARGETS=linux/amd64 for one system)
	@cd tools/release && go run . $(if $(TARGETS),-targets $(TARGETS))

.PHONY: conformance
conformance: ## Check whether a server conforms to the contract (URL=http://host:port, and KEY=... if it needs an API key)
	@$(if $(KEY),ROUTECARD_KEY="$(KEY)") go run ./conformance/cmd/conformance $(if $(JIRA_WRITES),--jira-writes) $(ARGS) $(or $(URL),http://localhost:3000)

##@ Check

# The order of tests is random, so that no test depends on another. It also prevents Go from printing a cached result of a run with another
# PostgreSQL. Many tests wait for a database or for a timeout, so more tests run at the same time than there are cores.
# Linking without debug information saves a second for each package.
.PHONY: test
test: postgres ## Run all tests, on SQLite and on PostgreSQL
	go test -tags $(GO_TAGS) -ldflags=-w -shuffle=on -parallel 6 -timeout 20m ./...
	cd sdk/go && go test -ldflags=-w -shuffle=on -parallel 6 -timeout 5m ./...

.PHONY: race
race: postgres ## Run all tests with the race detector (needs a C compiler, takes several times as long)
	@command -v "$$(go env CC)" >/dev/null || { echo "A C compiler is missing, and Go's race detector needs one: install gcc or clang."; exit 1; }
	CGO_ENABLED=1 go test -race -tags $(GO_TAGS) -shuffle=on -parallel 6 -timeout 40m ./...
	cd sdk/go && CGO_ENABLED=1 go test -race -shuffle=on -timeout 10m ./...

.PHONY: fuzz
fuzz: postgres ## Run each fuzz test for 30 seconds (FUZZTIME=5m for longer)
	@set -e; for package in ./internal/contract ./server; do \
		for target in $$(go test -tags $(GO_TAGS) -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -tags $(GO_TAGS) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(or $(FUZZTIME),30s) $$package; \
		done; \
	done

.PHONY: test-failover
test-failover: postgres ## Kill a PostgreSQL primary, and a server, under load, and check that nothing is lost (about a minute)
	go test -tags '$(GO_TAGS) failover' -run '^TestFailover' -count=1 -timeout 10m -v ./internal/e2e

.PHONY: test-litestream
test-litestream: ## Copy a served database with Litestream, kill both, and restore the copy (builds Litestream, which takes minutes the first time)
	go test -tags '$(GO_TAGS) litestream' -run '^TestLitestream$$' -count=1 -timeout 20m -v ./internal/e2e

.PHONY: test-load
test-load: postgres ## Send large requests, read long lists, read slowly, and check the memory of the server (about two minutes)
	go test -tags '$(GO_TAGS) load' -run '^TestLoad' -count=1 -timeout 10m -v ./internal/e2e

.PHONY: soak
soak: postgres ## Run a workload for five minutes and check that memory does not grow (ROUTECARD_SOAK=1h for longer)
	go test -tags '$(GO_TAGS) soak' -run '^TestSoak$$' -count=1 -timeout 0 -v ./internal/e2e

.PHONY: chaos
chaos: postgres ## Run random operations on both databases while servers, databases, and connections fail; one minute each (ROUTECARD_CHAOS=10m for longer)
	go test -tags '$(GO_TAGS) chaos' -run TestChaos -count=1 -timeout 0 -v ./internal/e2e

.PHONY: test-release
test-release: ## Build a release twice and compare, install its Debian package, run its image, and check the hardening of the service
	cd tools/release && go test -count=1 -timeout 10m ./...
	systemd-analyze security --offline=true --threshold=20 --no-pager deploy/systemd/routecard.service >/dev/null

.PHONY: test-dockerfile
test-dockerfile: ## Build the image of the Dockerfile, and run it (needs Docker, or DOCKER=podman; takes port 3000)
	@tools/release/dockerfile.sh

.PHONY: test-machine
test-machine: ## Install, upgrade, kill, and remove the Debian package on a separate machine with systemd (needs root, debootstrap, and systemd-nspawn)
	cd tools/release && go test -tags machine -run '^TestMachine$$' -count=1 -timeout 20m -v .

.PHONY: test-monitoring
test-monitoring: ## Check the alert rules and the dashboard with a real Prometheus (needs prometheus and promtool)
	go test -tags '$(GO_TAGS) monitoring' -run '^(TestAlertRules|TestPrometheus)$$' -count=1 -timeout 10m ./internal/e2e

.PHONY: postgres
postgres: ## Print which PostgreSQL the tests will use, and install one if possible
	@go run ./internal/postgrestest/cmd/ensure

.PHONY: bench
bench: ## Compare the speed of Routecard with hand-written servers (ARGS=-quick for a short run)
	go run -tags $(GO_TAGS) ./bench $(ARGS)

.PHONY: lint
lint: ## Check the Go code and the workflows of GitHub
	@unformatted="$$($(TOOL) gofumpt -l .)"; [ -z "$$unformatted" ] || { echo "Not formatted, run \`make fmt\`:"; echo "$$unformatted"; exit 1; }
	$(TOOL) golangci-lint run
	cd sdk/go && go tool -modfile=../../tools/go.mod golangci-lint run --config ../../.golangci.yml
	@# In another module than the other linters, because it needs an older YAML library. Without what only some machines have.
	cd tools/release && go tool actionlint -shellcheck= -pyflakes= ../../.github/workflows/*.yml

.PHONY: lint-words
lint-words: ## Find phrases that are not plain English (tools/plain-words.txt says what to write instead)
	@.ci/plain-words

.PHONY: contract-lint
contract-lint: tools/node_modules/.package-lock.json ## Check the style and the examples of openapi.yaml
	@REDOCLY_TELEMETRY=off tools/node_modules/.bin/redocly lint --config redocly.yaml

tools/node_modules/.package-lock.json: tools/package.json tools/package-lock.json
	@command -v npm >/dev/null || { echo "The linter of the contract needs npm: install Node.js (18 or newer) and npm."; exit 1; }
	@cd tools && npm ci
	@touch $@

# The contract of Jira belongs to Atlassian, so it is not in this repository. The path must be absolute, because the test runs in the
# folder of its package.
.PHONY: jira-contract
jira-contract: ## Check against Jira Cloud's contract (ROUTECARD_JIRA_CONTRACT=file make jira-contract)
	@[ -f "$$ROUTECARD_JIRA_CONTRACT" ] || { echo "ROUTECARD_JIRA_CONTRACT must name the file of Jira Cloud's OpenAPI document (version 3)."; exit 1; }
	ROUTECARD_JIRA_CONTRACT="$$(realpath "$$ROUTECARD_JIRA_CONTRACT")" go test -tags $(GO_TAGS),jiracontract -count=1 -run '^TestContract$$' ./jira

.PHONY: test-validator
test-validator: ## Validate each request and response of a conformance run with libopenapi-validator
	cd tools/validator && go test -count=1 -timeout 10m ./...

.PHONY: contract-diff
contract-diff: ## List the changes of the contract since BASE (defaults to the last tag), and fail if one breaks clients
	@.ci/contract-diff

.PHONY: test-guards
test-guards: tools/node_modules/.package-lock.json ## Check that contract-lint and contract-diff find planted mistakes
	@$(NODE_TEST) --test-reporter=spec tools/contract.test.mjs

.PHONY: contract-report
contract-report: postgres ## List all responses of the contract, and how often the tests of package server see them
	@mkdir -p bin
	go test -tags $(GO_TAGS) -count=1 ./server -contract-report="$(CURDIR)/bin/contract-report.txt"
	@cat bin/contract-report.txt

.PHONY: test-browser
test-browser: build tools/node_modules/.package-lock.json ## Test the explorer in the system's Chromium
	@ROUTECARD_BINARY=$(CURDIR)/bin/routecard $(NODE_TEST) tools/explorer.test.mjs

tools/generators/node_modules/.package-lock.json: tools/generators/package.json tools/generators/package-lock.json
	@command -v npm >/dev/null || { echo "The code generators need npm: install Node.js (20 or newer) and npm."; exit 1; }
	@cd tools/generators && npm ci
	@touch $@

.PHONY: test-generators
test-generators: build tools/node_modules/.package-lock.json tools/generators/node_modules/.package-lock.json ## Generate clients with other code generators, and run the story of a job with each client and with Arazzo
	@ROUTECARD_BINARY=$(CURDIR)/bin/routecard $(NODE_TEST) --test-reporter=spec tools/generators/generators.test.mjs

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@command -v npm >/dev/null || { echo "The pages are built with npm: install Node.js (20 or newer) and npm."; exit 1; }
	@cd web && npm ci
	@touch $@

.PHONY: web
web: web/node_modules/.package-lock.json ## Build the pages into web/dist
	@cd web && npm run --silent check && ./build.sh

.PHONY: check-web
check-web: web/node_modules/.package-lock.json ## Check that web/dist is up to date
	@.ci/check-web

.PHONY: screenshots
screenshots: build web/node_modules/.package-lock.json ## Make the screenshots for the documentation from the sample shop
	@cd web && ROUTECARD_BINARY=$(CURDIR)/bin/routecard node screenshots.mjs

.PHONY: test-web
test-web: build web/node_modules/.package-lock.json ## Test the logic of the pages, and the pages in the system's Chromium
	@cd web && ROUTECARD_BINARY=$(CURDIR)/bin/routecard ./test.sh

sdk/typescript/node_modules/.package-lock.json: sdk/typescript/package.json sdk/typescript/package-lock.json
	@command -v npm >/dev/null || { echo "The TypeScript client is built with npm: install Node.js (20 or newer) and npm."; exit 1; }
	@cd sdk/typescript && npm ci
	@touch $@

.PHONY: sdk
sdk: sdk/typescript/node_modules/.package-lock.json ## Build the TypeScript client
	@cd sdk/typescript && npm run build

.PHONY: test-sdk
test-sdk: build sdk/typescript/node_modules/.package-lock.json ## Test the TypeScript client, also as an installed package (`make test` tests the Go client)
	@cd sdk/typescript && npm run check-generated && ROUTECARD_BINARY=$(CURDIR)/bin/routecard npm test

##@ Change

.PHONY: generate
generate: ## Generate all generated files from openapi.yaml, the flags, and go.mod
	go generate ./gen/... ./internal/cli
	@[ ! -d sdk/typescript/node_modules ] || (cd sdk/typescript && npm run --silent generate)

.PHONY: check-generated
check-generated: ## Check that all generated files are up to date and committed
	@.ci/check-generated

.PHONY: fmt
fmt: ## Format the Go code
	$(TOOL) golangci-lint fmt
	cd sdk/go && go tool -modfile=../../tools/go.mod golangci-lint fmt --config ../../.golangci.yml

.PHONY: clean
clean: ## Remove all files that were built and installed here
	rm -rf bin dist tools/node_modules tools/generators/node_modules tools/generators/generated sdk/typescript/node_modules sdk/typescript/dist

##@ Help

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
