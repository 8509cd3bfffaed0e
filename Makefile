# One word per intention. Every word only names a preset (CMakePresets.json) or a script; `make help` lists them.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
T ?=
S ?= 60
.DEFAULT_GOAL := help
.PHONY: help build dev demo run test asan tsan fuzz bench bench-build crash fmt tidy layers check

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

build: ## install what it needs, build the release program, leave it at bin/sitepod
	@tools/install_packages.sh build
	@tools/build.sh release sitepod
	@mkdir -p bin && ln -sfn ../out/release/sitepod bin/sitepod

dev: ## configure, build, unit tests and corpus replay (Debug)
	@tools/install_packages.sh build test
	@cmake --workflow --preset dev

demo: build ## the whole main job on embedded defaults: deploy, serve, redeploy, roll back
	@tools/install_packages.sh test
	@tools/demo.py

run: build ## the server in the foreground on a free port with a demo site; state under out/run
	@tools/demo.py --serve

test: ## install packages, build, run every test
	@tools/install_packages.sh build test
	@tools/build.sh release
	@ctest --preset release -j $(JOBS)

asan: ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/install_packages.sh build test
	@tools/build.sh asan
	@ctest --preset asan -j $(JOBS)

tsan: ## every test under ThreadSanitizer
	@tools/install_packages.sh build test
	@tools/build.sh tsan
	@ctest --preset tsan -j $(JOBS)

fuzz: ## fuzz one target (T=h1_request) or all, S seconds each
	@tools/install_packages.sh build fuzz
	@tools/build.sh fuzz fuzz_targets
	@tools/fuzz.sh "$(T)" "$(S)"

bench: ## load benchmarks against nginx, Caddy and the null loop; deploy figures
	@tools/install_packages.sh build test bench
	@tools/build.sh release
	@bench/load/run.py

bench-build: ## builds of real markdown by us and by hugo, in the same run; what a writer waits for
	@tools/install_packages.sh build test bench
	@tools/build.sh release sitepod build_folder
	@bench/build/run.py

crash: ## kill points, syscall errors and power cuts at full counts; the mutants must be caught
	@tools/install_packages.sh build test
	@tools/build.sh release
	@tools/build.sh mutant-no-dirsync sitepod
	@tools/build.sh mutant-sync-normal sitepod
	@tests/crash/run_all.sh

fmt: ## format the C++ code
	@tools/install_packages.sh fuzz
	@git ls-files '*.cpp' '*.hpp' '*.inc' '*.c' | xargs clang-format-14 -i

tidy: ## static checks
	@tools/install_packages.sh build fuzz
	@tools/build.sh dev
	@git ls-files 'src/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy-14 --quiet -p out/dev

layers: ## does every #include follow the rooms' declarations?
	@tools/check_layers.py

check: test asan tsan crash fuzz ## everything, also what is slower than `make test`
