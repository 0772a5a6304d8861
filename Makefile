# make run     set up what is missing and serve on 127.0.0.1:8880
# make test    set up what is missing and run all tests
# make check   formatting, lint, import rules, strict types
# make docs    write the generated parts of docs/ anew
# make wheels  build what is distributed, in dist/: the sources, and wheels that need no compiler
# make kernels build the compiled kernels anew, with a C++ compiler that has been installed since

VENV ?= .venv
SOURCES := pyproject.toml constraints.txt deploy/setup $(wildcard setup.py speechd/engines/kokoro/cpu/csrc/*)

.PHONY: run test check format docs kernels wheels clean

run: $(VENV)/.ready
	$(VENV)/bin/speechd serve $(ARGS)

test: $(VENV)/.ready-dev
	$(VENV)/bin/pytest $(ARGS)

check: $(VENV)/.ready-dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/mypy

format: $(VENV)/.ready-dev
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

$(VENV)/.ready: $(SOURCES)
	deploy/setup $(VENV)
	touch $@

$(VENV)/.ready-dev: $(SOURCES)
	deploy/setup $(VENV) dev
	touch $(VENV)/.ready $@

docs: $(VENV)/.ready
	$(VENV)/bin/python -m docs.generate

kernels: $(VENV)/.ready
	$(VENV)/bin/pip install --no-build-isolation --no-deps -c constraints.txt -e .

wheels: $(VENV)/.ready-dev
	$(VENV)/bin/python deploy/wheels.py

clean:
	rm -rf $(VENV) build *.egg-info
