# Wardline. "make demo" shows it, "make check" is what has to pass before a change lands.
.NOTPARALLEL:
.DEFAULT_GOAL := build

STAGE := scripts/stage.sh
TOOL  := go tool -modfile=tools/go.mod
# One PostgreSQL cluster for all test binaries of a run.
WITH_POSTGRES := go run ./internal/store/pgtest/cmd

# Rooms whose goroutines share state.
RACE := ./internal/live/... ./internal/thread/... ./internal/jobs/... ./internal/store ./internal/audit/...

MODULES := web/node_modules/.package-lock.json
WEB_SOURCES := $(shell find web/src web/public web/*.html web/*.ts web/*.json -type f 2>/dev/null | grep -v ' ')
GO_SOURCES := $(shell find cmd client internal web/*.go -name '*.go' -o -name '*.sql' -o -name '*.json' -o -name '*.html' -o -name '*.css' 2>/dev/null)

.PHONY: build web demo test check format generate fuzz bench vuln clean help begin table needs \
	unit race unit-web browser

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

build: bin/wardline ## the program, with the web app inside

web: web/dist/index.html ## the web app alone

demo: bin/wardline ## the demonstration hospital, on this machine
	bin/wardline demo $(DEMO)

bin/wardline: web/dist/index.html go.mod go.sum $(GO_SOURCES)
	go build -o $@ ./cmd/wardline

web/dist/index.html: $(MODULES) $(WEB_SOURCES)
	npm --prefix web run --silent build
	@touch web/dist/.gitkeep $@

$(MODULES): web/package.json web/package-lock.json
	@# Not "npm ci": it wants every optional package of every platform in the lock file, and some registries do not serve all of them.
	npm --prefix web install --no-save --no-audit --no-fund
	@touch $@

## ---- tests

test: needs $(MODULES) ## every test, on both databases and in the browser
	@[ $(MAKELEVEL) -gt 0 ] || $(STAGE) --begin
	@$(STAGE) "build" $(MAKE) --no-print-directory build
	@$(STAGE) "go tests, both databases" $(MAKE) --no-print-directory unit
	@$(STAGE) "go race detector" $(MAKE) --no-print-directory race
	@$(STAGE) "web unit tests" $(MAKE) --no-print-directory unit-web
	@$(STAGE) "browser tests" $(MAKE) --no-print-directory browser
	@[ $(MAKELEVEL) -gt 0 ] || $(STAGE) --table

needs:
	@scripts/needs.sh

unit: ## Go tests alone, on SQLite and PostgreSQL
	$(WITH_POSTGRES) go test -timeout 15m ./...

race: ## the rooms that share state, under the race detector, on SQLite
	go test -race -timeout 15m -skip '/^postgres$$' $(RACE)

unit-web: $(MODULES) ## TypeScript unit tests alone
	npm --prefix web test

browser: bin/wardline ## browser tests alone
	npm --prefix web run e2e

## ---- all that has to pass

check: ## what has to pass before a change lands; the same as continuous integration
	@$(STAGE) --begin
	@$(STAGE) "packages" scripts/needs.sh
	@$(STAGE) "npm modules" $(MAKE) --no-print-directory $(MODULES)
	@$(STAGE) "format, Go" scripts/format.sh
	@$(STAGE) "format, web" env -C web node_modules/.bin/biome ci .
	@$(STAGE) "vet" go vet ./...
	@$(STAGE) "staticcheck" $(TOOL) staticcheck ./...
	@$(STAGE) "eslint" env -C web node_modules/.bin/eslint .
	@$(STAGE) "generated files" scripts/generate.sh --check
	@$(MAKE) --no-print-directory test
	@echo
	@$(STAGE) --table

format: $(MODULES) ## put every source into its one form
	git ls-files -co --exclude-standard '*.go' | xargs gofmt -w
	npm --prefix web run format

generate: $(MODULES) ## the OpenAPI document and the web client's types
	scripts/generate.sh

## ---- not part of check

fuzz: ## every fuzz test for FUZZ (30s) each; ONLY=pattern narrows
	scripts/fuzz.sh $(or $(FUZZ),30s) $(ONLY)

bench: ## benchmarks; never timed tests
	go test -run '^$$' -bench . -benchmem ./...

vuln: ## known vulnerabilities; needs the vulnerability database from the internet, so it is not part of check
	$(TOOL) govulncheck ./...

clean: ## what was built; the demonstration's data stays
	rm -rf bin web/dist/* web/e2e/output coverage
	touch web/dist/.gitkeep
