# One door: `make test` installs what is missing and runs every check. `.ci/run` calls it and nothing else.

export CARGO_TERM_COLOR ?= never
CHROMIUM ?= $(firstword $(wildcard /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome))
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

VENV := .tools/venv
TRYTON := .tools/tryton/tryton.sqlite
SDK := tests/sdk/node_modules/.package-lock.json

.PHONY: test tools format lint rust torture proof adapter browser docs bench screenshot

test: tools format lint rust adapter browser docs

tools: $(VENV)/made $(TRYTON) $(SDK)
	@command -v node >/dev/null && command -v npm >/dev/null && command -v sqlite3 >/dev/null && [ -n "$(CHROMIUM)" ] || { \
	  $(SUDO) apt-get update -qq && \
	  $(SUDO) apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk sqlite3 $$(command -v npm >/dev/null || echo nodejs npm); }
	@command -v cargo-nextest >/dev/null || cargo install --locked cargo-nextest
	@cd adapter-js && [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error

# Real address books and CRMs for the tests.
$(VENV)/made: tests/requirements.txt
	@python3 -c 'import venv, ensurepip' 2>/dev/null || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends python3-venv; }
	@rm -rf $(VENV) && python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

# A database of Tryton, which each test copies: to make one takes longer than all that is done with it.
$(TRYTON): $(VENV)/made
	@rm -rf .tools/tryton && mkdir -p .tools/tryton/new && touch .tools/tryton/new/tryton.sqlite
	@printf '[database]\nuri=sqlite://\npath=%s\n' '$(CURDIR)/.tools/tryton/new' > .tools/tryton/config && echo admin > .tools/tryton/password
	@TRYTONPASSFILE=.tools/tryton/password $(VENV)/bin/trytond-admin -c .tools/tryton/config -d tryton -u party --activate-dependencies --email ada@example.com >.tools/tryton/log 2>&1 || { cat .tools/tryton/log; exit 1; }
	@mv .tools/tryton/new/tryton.sqlite $@

# The vendors' own clients, which read the same stand-ins as the connectors.
$(SDK): tests/sdk/package-lock.json
	@command -v npm >/dev/null || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends nodejs npm; }
	@cd tests/sdk && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

format:
	cargo fmt --check

lint:
	cargo clippy --locked --all-targets -- -D warnings

rust: $(VENV)/made $(TRYTON) $(SDK)
	cargo nextest run --locked --lib --bins --tests
	cargo test --locked --doc
	ROUNDS=40 cargo test --locked --test torture

# The crash harness for long; `SEED=.. ROUNDS=1 make torture` repeats a round.
torture:
	ROUNDS=$(or $(ROUNDS),1000) cargo test --locked --test torture

# The figures of what is proved beside the crash harness: bad weather, forbidden addresses, canaries.
proof: $(VENV)/made $(TRYTON) $(SDK)
	cargo nextest run --locked --test it --success-output immediate -E 'test(/delivery_weather|media_ssrf|secrets/)'

adapter: tools
	cd adapter-js && npm run --silent types && npm test --silent

browser: tools
	cargo build --locked
	cd adapter-js && TRUNKLINE_BIN=$(CURDIR)/target/debug/trunkline npm run --silent test:browser

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

# Ratios against the ceilings of the same machine in the same run; takes a while.
bench:
	cargo bench --locked

# The pictures in the README.
screenshot: tools
	cargo build --locked
	TRUNKLINE_BIN=$(CURDIR)/target/debug/trunkline node adapter-js/simulator/screenshot.js docs/demo.png docs/chats.png
