# Two commands: `make run` and `make test`. `make help` names the rest.

PYTHON ?= python3
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
# Set to 1 to accept torch's GPU build, several GB, where no CPU build can be had.
ALLOW_CUDA ?=

VENV := .venv
BIN := $(VENV)/bin
TORCH := torch==2.13.0
CONSTRAINTS := -c requirements.lock
# Without setuptools' long caution about editable installs.
PIP_INSTALL = PYTHONWARNINGS=ignore $(BIN)/python -m pip install $(CONSTRAINTS)
export PIP_NO_INPUT := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What the environment takes when made, in MB.
DISK_NEEDED := 3000

# HOST is taken from make's command line alone: some shells export a HOST of their own.
ifeq ($(origin HOST),command line)
export CCHC_HOST := $(HOST)
endif
ifdef PORT
export CCHC_PORT := $(PORT)
endif
ifdef DATA_DIR
export CCHC_DATA_DIR := $(DATA_DIR)
endif

.DEFAULT_GOAL := help
.PHONY: help run test check lock clean

help:
	@echo 'make run     tạo môi trường, nạp tài liệu mẫu lần đầu, mở trang hỏi đáp (HOST=, PORT=, DATA_DIR=)'
	@echo 'make test    chạy mọi kiểm thử'
	@echo 'make check   ruff và mypy'
	@echo 'make lock    làm lại requirements.lock'
	@echo 'make clean   xoá môi trường và bộ đệm; thư viện tài liệu còn nguyên'
	@echo 'Biến: PYTHON=python3.11, TORCH_INDEX=kho của torch, ALLOW_CUDA=1 nếu chấp nhận bản GPU'

run: $(VENV)/.installed
	@exec $(BIN)/cchc serve --first-run

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Everything at its newest, in an environment of its own; then written down. Torch stands above.
lock:
	rm -rf .venv-lock
	@$(MAKE) --no-print-directory VENV=.venv-lock CONSTRAINTS= .venv-lock/.torch
	@PYTHONWARNINGS=ignore .venv-lock/bin/python -m pip install --no-build-isolation -e '.[assistant,bench,dev,postgresql,ui]'
	@{ echo '# Every package of every extra, torch aside. Made by `make lock`, used as `pip install -c requirements.lock`.'; \
	  .venv-lock/bin/python -m pip freeze --all --exclude-editable --exclude torch | grep -viE '^(cuda|nvidia|triton)[-_=]'; \
	} > requirements.lock.new
	@mv requirements.lock.new requirements.lock
	rm -rf .venv-lock

clean:
	rm -rf .venv .venv-lock .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info requirements.lock.new
	find assistant evals ingest tests ui vectorstore -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: each stamp is one step that is done, so that a later start asks nobody ---

# The Python named, or else the first that will do.
candidates = $(if $(filter file,$(origin PYTHON)),$(PYTHON) python3.11 python3.12 python3.13,$(PYTHON))
first_that = $(shell for p in $(candidates); do "$$p" -c 'import sys; assert sys.version_info >= (3, 11); $(1)' 2>/dev/null && { echo "$$p"; break; }; done)
python = $(call first_that,import ensurepip, venv)
disk_free = $(shell df -Pk . | awk 'NR == 2 { print int($$4 / 1024) }')

# $(error …) says its one line and stops.
python_missing = $(if $(call first_that,),$(venv_missing),$(python_too_old))
venv_missing = Python này thiếu mô-đun venv: cài gói python3-venv (Debian, Ubuntu: sudo apt-get install python3-venv)
python_too_old = Cần Python 3.11 trở lên; "$(PYTHON)" $(or $(shell "$(PYTHON)" -V 2>/dev/null | sed 's/^/là /'),không chạy được). \
  Cài bản mới hơn, hoặc chỉ rõ: make PYTHON=python3.11 …
disk_short = $(shell test "$(disk_free)" -lt $(DISK_NEEDED) 2>/dev/null && echo short)

$(VENV)/.made:
	$(if $(disk_short),$(error Cần khoảng $(DISK_NEEDED) MB đĩa trống ở đây để cài đặt, chỉ còn $(disk_free) MB))
	$(if $(python),,$(error $(python_missing)))
	@echo "Tạo môi trường $(VENV) …"
	@rm -rf $(VENV)
	@$(python) -m venv $(VENV)
	@$(PIP_INSTALL) --quiet --upgrade pip setuptools
	@touch $@

# Leaves at once when the index answers, and after 20 s whatever happens.
define index_answers
import os, sys, threading, urllib.request
ask = lambda: urllib.request.urlopen(sys.argv[1] + "/torch/", timeout=20).read(1) and os._exit(0)
asking = threading.Thread(target=ask, daemon=True)
asking.start(); asking.join(20); os._exit(1)
endef
export index_answers

# PyPI's torch for Linux asks for these, several GB; the CPU build does not.
no_cuda = $(if $(ALLOW_CUDA),:,printf 'cuda-bindings<0\nnvidia-cudnn-cu13<0\n')

$(VENV)/.torch: $(VENV)/.made
	@echo "Cài $(TORCH); hỏi $(TORCH_INDEX) (nhiều nhất 20 giây) …"
	@if $(BIN)/python -c "$$index_answers" $(TORCH_INDEX) 2>/dev/null \
	  && $(BIN)/python -m pip install --no-deps --index-url $(TORCH_INDEX) $(TORCH); then :; else \
	  echo "Không lấy được torch từ $(TORCH_INDEX); dùng kho gói đã cấu hình."; \
	  $(no_cuda) > $(VENV)/no-cuda.txt; \
	  $(PIP_INSTALL) -c $(VENV)/no-cuda.txt $(TORCH) || { \
	    echo "Không cài được bản CPU của torch: kiểm tra mạng, hoặc chỉ kho khác bằng TORCH_INDEX=…, hoặc ALLOW_CUDA=1 để lấy bản GPU (vài GB)." >&2; exit 1; }; \
	fi
	@touch $@

# No build isolation: setuptools, too, is the pinned one.
$(VENV)/.installed: $(VENV)/.torch pyproject.toml requirements.lock
	@$(PIP_INSTALL) --no-build-isolation -e '.[assistant,ui]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.torch pyproject.toml requirements.lock
	@$(PIP_INSTALL) --no-build-isolation -e '.[assistant,dev,ui]'
	@touch $(VENV)/.installed $@
