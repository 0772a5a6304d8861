# make run        set up what is missing and serve on 127.0.0.1:8880
# make languages  add Japanese and Mandarin to what it speaks (0.8 GB)
# make verify     compare the model with the stock kokoro package, on the weights in use
# make test       set up what is missing and run all tests
# make check      formatting, lint, import rules, strict types
# make docs       write the generated parts of docs/ anew
# make wheels     build what is distributed, in dist/: the sources, and wheels that need no compiler
# make kernels    build the compiled kernels anew

VENV ?= .venv
CXX ?= g++
SOURCES := pyproject.toml constraints.txt deploy/setup $(wildcard setup.py speechd/engines/kokoro/cpu/csrc/*)

.PHONY: run languages verify test check format docs kernels wheels clean again

run: $(VENV)/.ready
	$(VENV)/bin/speechd serve $(ARGS)

languages: $(VENV)/.ready-all-languages

verify: $(VENV)/.ready-stock
	$(VENV)/bin/speechd verify $(ARGS)

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
