# make run        set up what is missing and serve on 127.0.0.1:8880
# make languages  add Japanese and Mandarin to what it speaks (0.8 GB)
# make verify     compare the model with the stock kokoro package, on the weights in use
# make test       set up what is missing and run all tests, as many folders of them at once as there are cores
# make check      formatting, lint, import rules, strict types
# make ci         all that a change must pass: the checks, all tests, and what the oldest Python here may see otherwise
# make docs       write the generated parts of docs/ anew
# make wheels     build what is distributed, in dist/: the sources, and wheels that need no compiler
# make kernels    build the compiled kernels anew

VENV ?= .venv
CXX ?= g++
SOURCES := pyproject.toml constraints.txt deploy/setup $(wildcard setup.py speechd/engines/kokoro/cpu/csrc/*)

.PHONY: run languages verify test tests check ci lint types format docs kernels wheels clean again

run: $(VENV)/.ready
	$(VENV)/bin/speechd serve $(ARGS)

languages: $(VENV)/.ready-all-languages

verify: $(VENV)/.ready-stock
	$(VENV)/bin/speechd verify $(ARGS)

AT_ONCE := $(MAKE) --keep-going --jobs=$(shell nproc) --output-sync=target

test: $(VENV)/.ready-dev
	$(if $(ARGS),$(VENV)/bin/pytest $(ARGS),$(AT_ONCE) tests)

check: lint types

lint: $(VENV)/.ready-dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports --no-cache

types: $(VENV)/.ready-dev
	$(VENV)/bin/mypy

# Each folder of tests is a process of its own. Those that take longest come first, so that all end about together.
# Threads of OpenMP sleep while they wait: spinning, they would take the cores from the others.
LONG := bench e2e cli engines
PARTS := $(LONG) $(filter-out $(LONG) harness,$(patsubst tests/%/,%,$(wildcard tests/*/)))

tests: $(PARTS:%=test-%) test-top

ci: $(VENV)/.ready-dev
	$(AT_ONCE) lint types tests test-oldest

test-%: $(VENV)/.ready-dev
	OMP_WAIT_POLICY=passive $(VENV)/bin/pytest tests/$*

test-top: $(VENV)/.ready-dev
	$(VENV)/bin/pytest tests/test_*.py

test-oldest: $(VENV)/.ready-dev
	.ci/oldest $(VENV)

format: $(VENV)/.ready-dev
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

$(VENV)/.ready: $(SOURCES)
	deploy/setup $(VENV)
	touch $@

$(VENV)/.ready-%: $(SOURCES)
	deploy/setup $(VENV) $*
	touch $(VENV)/.ready $@

# The kernels that could not be built for want of a compiler are built when there is one.
ifneq ($(and $(wildcard $(VENV)/.no-compiler),$(shell command -v $(CXX))),)
$(VENV)/.ready $(VENV)/.ready-dev: again
endif

docs: $(VENV)/.ready
	$(VENV)/bin/python -m docs.generate

kernels: $(VENV)/.ready
	$(VENV)/bin/pip install --no-build-isolation --no-deps -c constraints.txt -e .

wheels: $(VENV)/.ready-dev
	$(VENV)/bin/python deploy/wheels.py

clean:
	rm -rf $(VENV) build *.egg-info
