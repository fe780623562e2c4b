# Two commands for people: `make demo` and `make test`. Both make .venv first, with everything pinned.
PYTHON ?= python3
# For platforms whose default torch is a CUDA build of several gigabytes, e.g.
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed

.PHONY: help demo test lint bench soak clean
help:
	@echo "make demo   train two small networks on digits and draw their loss landscapes (about 2 minutes)"
	@echo "make test   the whole test suite"
	@echo "make bench  the speed claims, as ratios in one run (CIFAR10=DIR for real images)"
	@echo "make soak   200 random kills and damages of processes that share a store (some minutes)"
	@echo "make clean  remove .venv and what the demo made"

$(READY): requirements/lock.txt requirements/cross.txt requirements/integrations.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "lossatlas needs Python 3.11 or newer; this is " + sys.version.split()[0] + ": write make demo PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV) || { echo "make: $(PYTHON) -m venv failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/lock.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/cross.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/integrations.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY)
	$(BIN)/lossatlas demo -o demo

lint: $(READY)
	$(BIN)/ruff check src tests bench examples
	$(BIN)/lint-imports

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -rs -n 2 --dist loadfile

bench: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps loss-landscapes==3.0.6 PyHessian==0.1
	$(BIN)/python bench/run.py
	$(BIN)/python bench/curvature.py
	$(BIN)/python bench/memory.py
	$(BIN)/python bench/workers.py
	$(BIN)/python bench/pca.py --memory
	$(BIN)/python bench/recording.py
	$(BIN)/python bench/monitor.py

soak: $(READY)
	$(BIN)/python tests/run/soak.py --kills 200

clean:
	rm -rf $(VENV) demo
