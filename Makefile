# The ways to build, try and test stacker. `make help` lists them.
#
# One build serves the program and its tests: release, with testable internals. Package.swift links the
# Swift runtime into the program. Everything that costs time is guarded by what it depends on, so a second
# run does nothing and needs no network.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

export SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=

FUZZ_SECONDS ?= 600
VECTORS_DIR ?= .build/vectors
# A program in a directory of its own finds no library beside it, and needn't look there at each start.
BUILD_FLAGS := -c release -Xswiftc -enable-testing --disable-local-rpath
# What to link; see .build/liblxc below.
LINK_FLAGS = $$(<.build/liblxc)
REPORT := .build/report
# Which bats files: those that TEST names, those of CHAPTER, or all.
SOME = $(strip $(CHAPTER:%=--chapter=%) $(TEST))
# Directories too: their times tell of files that went away.
SOURCES := $(shell find Package.swift Package.resolved Sources 2>/dev/null)
SCRIPTS := .ci/run bench/run.sh bats/as-user $(wildcard examples/*/*.sh) $(wildcard tools/*/*-*) $(wildcard bats/*.bash bats/*/*.bash bats/*/*.bats) \
	$(filter-out %.md,$(wildcard vectors/judges/*))
SHELL_SCRIPTS := $(filter-out %.py tools/report/check-rooms tools/report/check-docs,$(SCRIPTS))

.PHONY: all help packages test-packages example check test bats check-fs check-lxc check-static static fuzz bench install reproducer vectors judge judge-beside judges conformance fmt lint clean

all: stacker ## build the release binary ./stacker (default)

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

packages:
	@tools/build/install-packages build run

test-packages:
	@tools/build/install-packages build run test

# SwiftPM would not notice that another library is to be linked, unless it plans anew.
stacker: $(SOURCES) .build/liblxc | packages
	@tools/build/require-swift
	$(SWIFT) build $(BUILD_FLAGS) $(LINK_FLAGS) --disable-build-manifest-caching --product stacker
	@cp --remove-destination --reflink=auto .build/release/stacker $@

# The liblxc to link, as flags: the system's, or with LXC_CLONE_URL=<url or path> and LXC_BRANCH=<branch> one built
# here. The file changes only when they do, and a change costs a link.
export LXC_CLONE_URL LXC_BRANCH
.build/liblxc: FORCE
	@$(if $(LXC_CLONE_URL)$(LXC_BRANCH),tools/build/install-packages build lxc)
	@tools/build/choose-lxc $@

FORCE:

static: packages ## build .build/static/stacker, which needs no shared library but glibc's
	@tools/build/install-packages lxc curl
	@tools/build/require-swift
	@tools/build/make-static $(BUILD_FLAGS)

example: test-packages stacker ## make a base image, build examples/hello on it, show the result
	@tools/test/run-example

check: ## run everything; TEST=name.bats runs one file, CHAPTER=layers one chapter, STACKER=/path tests another binary, FS=ext4 works on that; PRIVILEGE_LEVEL=priv|unpriv
	@rm -rf $(REPORT)
	@status=0; \
	$(if $(STACKER)$(SOME)$(FS),,$(MAKE) test || status=1;) \
	$(MAKE) bats || status=1; \
	$(if $(STACKER)$(SOME)$(FS),,$(MAKE) judge-beside || status=1;) \
	tools/report/write-report.py $(REPORT) || status=1; \
	$(if $(STACKER)$(SOME)$(FS),,tools/report/check-budget --all || status=1;) \
	exit $$status

# --build-tests would also build the tools of other packages' plugins; `swift test` without --skip-build
# has flags of its own, and compiles everything once more.
test: test-packages stacker ## run only swift test
	@mkdir -p $(REPORT)
	$(SWIFT) build $(BUILD_FLAGS) $(LINK_FLAGS) --product stackerPackageTests
	@tools/test/run-swift-tests $(BUILD_FLAGS) --skip-build --xunit-output $(REPORT)/swift.xml

bats: test-packages $(if $(STACKER),,stacker)
	@FS=$(FS) tools/test/run-bats $(SOME)

check-fs: test-packages $(if $(STACKER),,stacker) ## run what depends on the file system on each of them; print a table
	@tools/test/check-fs $(SOME)

check-lxc: test-packages ## link the program with one liblxc and another, build with each; LXC_CLONE_URL=<url or path>
	@tools/test/check-lxc

check-static: static ## run .build/static/stacker where there is nothing but glibc and busybox
	@tools/test/check-static

fuzz: test-packages ## unpack mutated layers for FUZZ_SECONDS (600); FUZZ_SEED=1 repeats a run
	$(SWIFT) build $(BUILD_FLAGS) --product LayerFuzz
	.build/release/LayerFuzz --seconds $(FUZZ_SECONDS) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

bench: test-packages $(if $(STACKER),,stacker) ## measure, with hyperfine
	$(SWIFT) build $(BUILD_FLAGS) --product LayerBench
	@bench/run.sh

install: stacker ## install to PREFIX (default /usr/local), below DESTDIR
	install -D -m 0755 -s stacker $(DESTDIR)$(PREFIX)/bin/stacker

reproducer: ## NAME=my-bug CHAPTER=layers writes bats/layers/my-bug.bats from a template that already runs
	@tools/test/new-reproducer "$(NAME)" "$(CHAPTER)"

vectors: ## write vectors/ as OCI layouts and vectors.json to VECTORS_DIR (.build/vectors)
	@tools/vectors/write-vectors.py $(VECTORS_DIR)

judge: $(if $(filter stacker%,$(or $(WITH),stacker)),packages $(if $(STACKER),,stacker)) ## run vectors through WITH="stacker umoci …", compare with vectors/known; VECTORS="layers/order …", PRIVILEGE_LEVEL=priv|unpriv, KNOWN=write
	@tools/vectors/write-vectors.py .build/judged-vectors $(VECTORS)
	@tools/vectors/judge.py --install --vectors .build/judged-vectors --report $(REPORT) \
		--level $(or $(PRIVILEGE_LEVEL),both) $(if $(filter write,$(KNOWN)),--write) $(or $(WITH),stacker)

# Who is not root can't mount what there is to be judged. umoci shows that a difference is ours, and not the judge's.
judge-beside: test-packages stacker
	@(($$(id -u) != 0)) || $(MAKE) judge WITH="stacker umoci"

judges: ## write docs/judges.md, the table of who does what, and docs/bugs.md, that of public bugs, from vectors/known
	@tools/vectors/write-judges.py
	@tools/vectors/write-bugs.py

conformance: ## write docs/conformance.md, the map of behaviours, from the headers in bats/
	@tools/report/write-conformance.py

fmt: ## format the Swift sources
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

lint: test-packages ## check formatting, the map of Sources, comments, shell scripts, the headers of bats files, and what of the budget is measured by now
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests
	tools/report/check-rooms
	tools/report/check-docs
	shellcheck --external-sources $(SHELL_SCRIPTS)
	tools/report/check-headers $$(find bats -name '*.bats' | sort)
	tools/report/write-conformance.py --check
	tools/vectors/write-judges.py --check
	tools/vectors/write-bugs.py --check
	tools/report/check-budget

clean: ## remove what was built; fetched Swift packages stay
	@if command -v $(SWIFT) >/dev/null; then $(SWIFT) package clean; fi
	rm -rf stacker $(REPORT) .build/fixtures .build/bench .build/curl .build/lxc .build/liblxc .build/static .build/vectors .build/judged-vectors
	rm -rf examples/*/{busybox,oci,roots,.stacker}
