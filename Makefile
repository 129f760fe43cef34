# The two commands of the README are `make demo` and `make check`; both set up what they need first.
PY := .venv/bin/python
LOCKS := requirements/uv.txt requirements/dev.txt
export PYTHONPATH := src
export npm_config_update_notifier := false

.PHONY: setup demo check nightly bench docs lock clean chromium pango

setup: .venv/.ready node_modules/.ready src/saksi/app/web/static/.ready chromium pango

.venv/.ready: $(LOCKS) pyproject.toml
	@echo "== setting up Python"
	python3 -c 'import sys; sys.exit("Saksi needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	.venv/bin/uv pip install --quiet --python $(PY) --require-hashes -r requirements/dev.txt
	.venv/bin/uv pip install --quiet --python $(PY) --no-deps --no-build-isolation -e .
	touch $@

node_modules/.ready: package.json package-lock.json
	@echo "== setting up the page's parts"
	npm ci --no-fund --no-audit --loglevel=error
	touch $@

src/saksi/app/web/static/.ready: node_modules/.ready $(shell find web src/saksi/app/web/style -type f 2>/dev/null)
	npm run --silent build
	touch $@

chromium:
	@command -v chromium >/dev/null 2>&1 || { echo "== installing Chromium for the browser tests"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

# What letters are laid out with; fonts for scripts that the pages do not bring along are the system's.
pango:
	@ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0 && ldconfig -p | grep -q libharfbuzz-subset || { echo "== installing Pango for the letters"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	  libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core >/dev/null; }

demo: .venv/.ready node_modules/.ready src/saksi/app/web/static/.ready
	@$(PY) -m saksi.app.cli demo --folder build/demo $(DEMO)

check: setup
	@$(PY) checks/run.py

nightly: setup
	@$(PY) checks/run.py --nightly

bench: setup
	@$(PY) bench/run.py $(BENCH)

docs: .venv/.ready
	$(PY) -m sphinx -W --keep-going -q -b html docs docs/_build/html

# Rewrites the lock files with hashes and without addresses.
lock:
	uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --group dev --group docs --group news pyproject.toml -o requirements/dev.txt
	uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade pyproject.toml -o requirements/run.txt
	echo uv | uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade - -o requirements/uv.txt

clean:
	rm -rf .venv node_modules build dist docs/_build src/saksi/app/web/static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
