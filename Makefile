# make run    the local stack: Postgres, Supabase's REST and Auth, the functions, the phone network
# make call   one call from token to conversation row; make call TO=+15005550007 for another ending;
#             make call TRANSFER=warm (cold, merge, cancel): a colleague gets the lead;
#             make call RECORD=1: the call is recorded, kept and listened to;
#             make call QUEUE=1: two leads of the demo's queue, one after the other
# make functions PORT=8090  the functions alone, with the running stack's settings; variables of the
#             environment win, and before them those of a file: ENV=FILE
# make test   everything, side by side; make test ARGS='tests/supabase -k ledger' a part, one by one
# make firefox  the tests in Firefox in their full form; installs Debian's Firefox, if this user may. Without a Firefox,
#             make test skips them
# make soak   the heavy tests in their full form, with figures: some twenty minutes
# make lint   Python, JavaScript, SQL, deploy.sh, doctor.sh
# make format  formats Python and the files of web/
# make reset  throws the local stack's data away
# make screenshots  the Calls page in every state, as pictures, README's too
# make doctor  what is wrong with a set-up, and what to do about it; changes nothing. For scripts:
#              ./doctor.sh, whose exit status says whether something failed
# make owner EMAIL=… BUSINESS=… COUNTRY=NL TIME_ZONE=Europe/Amsterdam  the first owner of a business
# make caller-id NUMBER=+… BUSINESS=…  a number that the business's calls may show; TAKE=1 takes it away
# make business-creation  writes who may make a business (BUSINESS_CREATION), where deploy.sh does not
# make page OUT=build/site  the page as a folder for any host of static files
# make webhook-jwt  a token for endpoints that deploy.sh does not deploy; ROLE=call_reconciler for reconcile_fn's,
#              ROLE=call_recorder for recording_fn's, ROLE=call_reporter for reports_fn's
# make bench  how fast, small and cheap it is, into docs/benchmarks.md; ARGS=--help for parts, time and disk
# make lock   writes Python's lock files again, after a change of requirements.in or */requirements.in

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
TEST_WORKERS ?= 3
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --annotation-style line

.PHONY: run call functions reset test firefox install-firefox soak lint format screenshots owner caller-id business-creation page doctor webhook-jwt bench lock install

run: install
	@exec $(PY) -m stack run

call: install
	@exec $(PY) -m stack call $(if $(TO),--to '$(TO)') $(if $(TRANSFER),--transfer '$(TRANSFER)') $(if $(RECORD),--record) $(if $(QUEUE),--queue)

functions: install
	@exec $(PY) -m stack functions --port '$(or $(PORT),$(error PORT is missing. Choose one: make functions PORT=8090))' \
		$(if $(ENV),--env "$$ENV")

reset: install
	@$(PY) -m stack reset

# Tests start many processes from the same sources: keeping the bytecode saves compiling them.
test firefox soak: export PYTHONDONTWRITEBYTECODE =

# Three workers are right for two cores: tests wait for a part of the time, and browsers that get no time make
# tests fail. With ARGS there are none.
# (The name is not WORKERS: make would export that, and gunicorn would read it.)
test: install
	@$(PY) -m pytest $(or $(ARGS),-n $(TEST_WORKERS))

firefox: install install-firefox
	@HENK_SOAK=1 $(PY) -m pytest $(or $(ARGS),tests/web/test_in_firefox.py)

# Only where it is Debian's package and this user may install it: on other machines it is the user's matter.
install-firefox:
	@if command -v firefox-esr firefox >/dev/null || [ -n "$$HENK_FIREFOX" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && { apt-cache show firefox-esr || apt-get update; } >/dev/null 2>&1; then \
		DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends firefox-esr \
			|| echo "Firefox cannot be installed, so the tests in Firefox are skipped." >&2; \
	else echo "There is no Firefox, so the tests in Firefox are skipped. Install one: apt install firefox-esr" >&2; fi

soak: install
	@HENK_SOAK=1 $(PY) -m pytest -m soak $(or $(ARGS),-n $(TEST_WORKERS))

lint: install
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	node_modules/.bin/tsc -p web
	node_modules/.bin/prettier --check --log-level warn web
	$(VENV)/bin/squawk --config .squawk.toml supabase/migrations/*.sql
	$(VENV)/bin/shellcheck deploy.sh doctor.sh

format: install
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	node_modules/.bin/prettier --write --log-level warn web

screenshots: install
	@$(PY) -m tests.web.screenshots
	@$(PY) -m tests.web.pictures_of_readme

# What an operator does to an installation, without SQL. Each checks before it writes. (These variables are
# passed on as they were typed, in the environment: a name may have an apostrophe or a $.)
define AS_TYPED
override $(1) := $$(value $(1))
export $(1)
endef
$(foreach name,EMAIL BUSINESS COUNTRY TIME_ZONE NUMBER TAKE OUT ENV,\
	$(if $(filter undefined,$(origin $(name))),,$(eval $(call AS_TYPED,$(name)))))

owner: install
	@$(PY) -m functions.operate.owner --email "$$EMAIL" --business "$$BUSINESS" --country "$$COUNTRY" \
		--time-zone "$$TIME_ZONE" $(if $(ENV),--env "$$ENV")

caller-id: install
	@$(PY) -m functions.operate.caller_id --number "$$NUMBER" --business "$$BUSINESS" --take "$$TAKE" \
		$(if $(ENV),--env "$$ENV")

business-creation: install
	@$(PY) -m functions.operate.business_creation $(if $(ENV),--env "$$ENV")

page: install
	@$(PY) -m functions.operate.static_page $(if $(OUT),--out "$$OUT") $(if $(ENV),--env "$$ENV")

# 1 means that the report has a failure. Let through, it would end the report in make's own error.
doctor: install
	@$(PY) -m functions.doctor $(ARGS) || [ $$? -eq 1 ]

bench: install
	@$(PY) -m bench $(ARGS)

webhook-jwt: install
	@$(PY) -m functions.setup.print_webhook_jwt $(if $(ROLE),--role '$(ROLE)')

lock: install
	$(LOCK) --upgrade requirements.in -o requirements.txt
	for folder in *_fn bench/usual; do \
		$(LOCK) $$folder/requirements.in -c requirements.txt -o $$folder/requirements.txt; \
	done

install: $(VENV)/.installed node_modules/.installed

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; PYTHON=… chooses one." >&2; exit 1; }
	@echo "Installing $$(grep -c '^[a-z].*==' $<) Python packages into $(VENV). This takes a minute, and only"
	@echo "after a change of $<."
	@$(PYTHON) -m venv $(VENV)
	@# pip installs uv, and uv installs the rest in a tenth of pip's time.
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt > $(VENV)/uv.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.txt
	@$(VENV)/bin/uv pip install --system-certs --python $(PY) --require-hashes --no-deps -r requirements.txt
	@touch $@

node_modules/.installed: package-lock.json
	@node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major * 100 + +minor < 2011 ? 1 : 0)' \
		|| { echo "Node.js 20.11 or newer is needed." >&2; exit 1; }
	@echo "Installing Node packages (Postgres, Supabase, a browser for tests) into node_modules. This takes a"
	@echo "minute, and only after a change of $<."
	@npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@
