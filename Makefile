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
# What to link; see .build/liblxc and .build/version below.
LINK_FLAGS = $$(<.build/liblxc) $$(<.build/version)
REPORT := .build/report
# Which bats files: those that TEST names, those of CHAPTER, or all.
SOME = $(strip $(CHAPTER:%=--chapter=%) $(TEST))
# Of these the tests of one group, if GROUP names it: quick.
export GROUP
# What check-kernel is given, with whatever quotes and dollars: no shell reads it, and neither does make.
export KERNEL CMDLINE QEMU RUN
override CMDLINE := $(value CMDLINE)
override QEMU := $(value QEMU)
override RUN := $(value RUN)
# Whether `check` is of everything.
WHOLE = $(if $(STACKER)$(SOME)$(FS)$(PLATFORM)$(GROUP),,yes)
# A step of `check` that fails doesn't keep the next from running. Each has a line of its own, since `make -n` runs what is on a
# line with $(MAKE).
note_failure = { mkdir -p $(REPORT) && echo $1 >>$(REPORT)/failed; }
# Directories too: their times tell of files that went away.
SOURCES := $(shell find Package.swift Package.resolved Sources 2>/dev/null)
SCRIPTS := .ci/run bench/run.sh bats/as-user tools/kernels/begin tools/kernels/inside $(wildcard examples/*/*.sh) $(wildcard tools/*/*-*) $(wildcard tools/action/*) \
	$(wildcard bats/*.bash bats/*/*.bash bats/*/*.bats) $(filter-out %.md,$(wildcard vectors/judges/*))
SHELL_SCRIPTS := $(filter-out %.py tools/report/check-rooms tools/report/check-docs tools/report/check-process-wide,$(SCRIPTS))

.PHONY: all help packages test-packages example check test bats check-fs check-lxc check-static check-deb check-image check-fleet check-report check-pages check-kernel report pictures static deb dist torture power-cuts fuzz mutants sanitize bench install reproducer vectors judge judge-beside judges conformance fmt lint clean

all: stacker ## build the release binary ./stacker (default)

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

packages:
	@tools/build/install-packages build run

test-packages:
	@tools/build/install-packages build run test
	@tools/build/install-python-tools
	@tools/fixtures/fetch-foreign-busybox

# SwiftPM would not notice that another library is to be linked, unless it plans anew.
stacker: $(SOURCES) .build/liblxc .build/version | packages
	@tools/build/require-swift
	$(SWIFT) build $(BUILD_FLAGS) $(LINK_FLAGS) --disable-build-manifest-caching --product stacker
	@cp --remove-destination --reflink=auto .build/release/stacker $@

# The liblxc to link, as flags: the system's, or with LXC_CLONE_URL=<url or path> and LXC_BRANCH=<branch> one built
# here. The file changes only when they do, and a change costs a link.
export LXC_CLONE_URL LXC_BRANCH
.build/liblxc: FORCE
	@$(if $(LXC_CLONE_URL)$(LXC_BRANCH),tools/build/install-packages build lxc)
	@tools/build/choose-lxc $@

# The version, as git or a tarball's file VERSION has it, in the same way: another commit costs a link.
.build/version: FORCE | packages
	@tools/build/choose-version $@

FORCE:

static: packages ## build .build/static/stacker, which needs no shared library but glibc's
	@tools/build/install-packages lxc curl
	@tools/build/require-swift
	@tools/build/make-static $(BUILD_FLAGS)

deb: packages stacker ## make a Debian package of stacker in .build/deb
	@tools/build/install-packages deb
	@rm -f .build/deb/*.deb
	@tools/package/make-deb stacker .build/deb

dist: static ## make the files of a release in .build/dist: tarballs of the static program and of the sources, checksums
	@tools/package/make-dist .build/static/stacker .build/dist

example: test-packages stacker ## make a base image, build examples/hello on it, show the result
	@tools/test/run-example

check: ## run everything; TEST=name.bats runs one file, CHAPTER=layers one chapter, STACKER=/path tests another binary, FS=ext4 works on that, PLATFORM=linux/arm64 has bases for that; PRIVILEGE_LEVEL=priv|unpriv
	@rm -rf $(REPORT)
	@$(if $(WHOLE),$(MAKE) test || $(call note_failure,test))
	@$(MAKE) bats || $(call note_failure,bats)
	@$(if $(WHOLE),$(MAKE) judge-beside || $(call note_failure,judge-beside))
	@tools/report/write-report.py $(REPORT) $(BEFORE:%=--before %) || $(call note_failure,report)
	@$(if $(WHOLE),tools/report/check-budget --all || $(call note_failure,budget))
	@[[ ! -e $(REPORT)/failed ]]

# --build-tests would also build the tools of other packages' plugins; `swift test` without --skip-build
# has flags of its own, and compiles everything once more.
test: test-packages stacker ## run only swift test
	@mkdir -p $(REPORT)
	$(SWIFT) build $(BUILD_FLAGS) $(LINK_FLAGS) --product stackerPackageTests
	@tools/test/run-swift-tests $(BUILD_FLAGS) --skip-build --xunit-output $(REPORT)/swift.xml

bats: test-packages $(if $(STACKER),,stacker)
	@FS=$(FS) PLATFORM=$(PLATFORM) tools/test/run-bats $(SOME)

check-fs: test-packages $(if $(STACKER),,stacker) ## run what depends on the file system on each of them; print a table
	@tools/test/check-fs $(SOME)

check-lxc: test-packages ## link the program with one liblxc and another, build with each; LXC_CLONE_URL=<url or path>
	@tools/test/check-lxc

check-static: static ## run .build/static/stacker where there is nothing but glibc and busybox
	@tools/test/check-static

check-deb: test-packages deb ## install the Debian package in a clean Debian, build with it, upgrade and purge it; needs a mirror
	@tools/test/check-deb .build/deb/*.deb

check-image: test-packages deb ## build examples/stacker-image in a clean Debian, and images in containers of it; needs a mirror
	@tools/test/check-image .build/deb/*.deb

check-fleet: $(if $(STACKER),,stacker) ## have a Slurm cluster build 40 recipes in a random graph, while a node loses its power; FLEET="--seed 2 --nodes 3"
	@tools/build/install-packages fleet
	@tools/test/check-fleet.py $(FLEET) $(or $(STACKER),stacker)

pictures: test-packages $(if $(STACKER),,stacker) ## draw the pictures of docs/ that are made of examples/collapsed
	@tools/report/draw-pictures $(or $(STACKER),./stacker)

check-report: ## try the report of a run in a browser: by keyboard, in the dark, on a phone; SCREENSHOTS=DIR keeps what it saw
	@tools/build/install-packages pages
	@tools/test/check-report.py $(SCREENSHOTS:%=--screenshots %)

report: ## write the report of the last run again; BEFORE=DIR says what is different from an earlier one
	@tools/report/write-report.py $(REPORT) $(BEFORE:%=--before %)

check-pages: $(if $(STACKER),,stacker) ## look at the pages that stacker writes in chromium: keyboard, contrast, a phone's width, 200,000 files; PAGES=DIR keeps pictures
	@tools/build/install-packages pages
	@tools/test/check-pages.py $(or $(STACKER),stacker) $(if $(PAGES),--keep $(PAGES))

check-kernel: test-packages $(if $(STACKER),,stacker) ## run a quick group on another kernel, in a virtual machine; KERNEL=/boot/vmlinuz-… or debian-13-backports, CMDLINE=words, TEST=, CHAPTER=, RUN=command, QEMU=words, MEMORY=MiB, LIMIT=minutes
	@tools/build/install-packages kernel
	@tools/fixtures/make-fixtures
	@mkdir -p $(REPORT); status=0; tools/kernels/check-kernel.py --kernel="$${KERNEL:-debian-12}" --cmdline="$$CMDLINE" --qemu="$$QEMU" --run="$$RUN" \
		$(LIMIT:%=--minutes=%) $(MEMORY:%=--memory=%) $(GROUP:%=--group=%) $(if $(SOME),$(SOME),$(if $(GROUP)$(RUN),,--group=quick)) || status=$$?; \
		tools/report/write-report.py $(REPORT) && exit $$status

torture: test-packages $(if $(STACKER),,stacker) ## kill stacker at each of its steps, and fail each of its calls; SCENARIO=build, PRIVILEGE_LEVEL=priv|unpriv, FAULT=KILL, SAMPLE=100, WORDS=true, ASKING=true, POINT='…' repeats one; goes on where it stopped
	@tools/torture/torture.py $(SCENARIO:%=--scenario %) $(PRIVILEGE_LEVEL:%=--level %) $(FAULT:%=--fault %) $(SAMPLE:%=--sample %) \
		$(if $(WORDS),--words) $(if $(ASKING),--asking) $(if $(POINT),--point '$(POINT)') $(or $(STACKER),stacker)

power-cuts: test-packages $(if $(STACKER),,stacker) ## cut the power while stacker builds; FS=ext4|xfs|btrfs, MOMENTS=100, SEED=1, MOMENT=1/7 repeats one; goes on where it stopped; then KERNEL=debian-12 CUTS=3 kills a virtual machine
	@tools/build/install-packages kernel
	@tools/power-cuts/$(if $(KERNEL),real-cuts.py --kernel $(KERNEL) $(CUTS:%=--cuts %),power-cuts.py $(MOMENTS:%=--moments %) $(MOMENT:%=--moment %)) \
		$(FS:%=--fs %) $(SEED:%=--seed %) $(or $(STACKER),stacker)

# libFuzzer as a library: the program has a main of its own.
LIBFUZZER = $(dir $(shell readlink -f "$$(command -v $(SWIFT))"))../lib/clang/*/lib/linux/libclang_rt.fuzzer_no_main-$$(uname -m).a
fuzz: test-packages ## unpack mutated layers for FUZZ_SECONDS (600), FUZZ_SEED=1 repeats a run; TARGET=yaml has libFuzzer look for what breaks that reader, and goes on where it stopped
ifdef TARGET
	STACKER_FUZZERS="$$(ls $(LIBFUZZER))" $(SWIFT) build $$(tools/build/print-sanitizer-flags address) --product Fuzzer
	@tools/test/run-fuzzer .build/sanitize-address/release/Fuzzer $(TARGET) $(FUZZ_SECONDS)
else
	$(SWIFT) build $(BUILD_FLAGS) --product LayerFuzz
	.build/release/LayerFuzz --seconds $(FUZZ_SECONDS) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))
endif

sanitize: test-packages ## run Swift tests under sanitizers of addresses, undefined behaviour and threads, bats files under the first two, LXCWrapper under valgrind; ONLY="address bats thread lxcwrapper"
	@tools/build/install-packages sanitize
	@tools/test/run-sanitizers $(ONLY)

mutants: test-packages .build/liblxc .build/version ## try small faults in a copy of the sources, and print those that no test catches; TARGET=Layers, SAMPLE=60, EACH=60, SEED=word
	@tools/build/require-swift
	@tools/fixtures/make-fixtures
	@nice env $(if $(LIBRARIES),MUTANTS_OF_LIBRARIES=true) tools/test/with-handlers tools/mutants/run.py $(TARGET:%=--target=%) $(SAMPLE:%=--sample=%) $(EACH:%=--each=%) \
		$(SEED:%=--seed=%) $(AT_LEAST:%=--at-least=%)

bench: test-packages $(if $(STACKER),,stacker) ## measure, with hyperfine
	$(SWIFT) build $(BUILD_FLAGS) --product LayerBench
	@bench/run.sh

install: stacker ## install the program, man pages, completions and documents to PREFIX (default /usr/local), below DESTDIR
	@tools/package/install-program stacker $(DESTDIR)$(PREFIX)

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
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests tools/mutants

lint: test-packages ## check formatting, the map of Sources, comments, shell scripts, the headers of bats files, and what of the budget is measured by now
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests tools/mutants
	tools/report/check-rooms
	tools/report/check-process-wide
	tools/report/check-docs
	shellcheck --external-sources $(SHELL_SCRIPTS)
	tools/report/check-headers $$(find bats -name '*.bats' | sort)
	tools/report/write-conformance.py --check
	tools/vectors/write-judges.py --check
	tools/vectors/write-bugs.py --check
	tools/report/check-budget

clean: ## remove what was built; fetched Swift packages stay
	@if command -v $(SWIFT) >/dev/null; then $(SWIFT) package clean; fi
	rm -rf stacker $(REPORT) .build/fixtures .build/bench .build/curl .build/lxc .build/liblxc .build/version .build/version.d .build/static .build/vectors .build/judged-vectors \
		.build/deb .build/dist .build/sanitize-address .build/sanitize-thread .build/sanitize-lxcwrapper .build/fuzz
	rm -rf examples/*/{busybox,oci,roots,.stacker}
