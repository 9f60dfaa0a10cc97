# SPDX-License-Identifier: GPL-2.0
# Per-I/O attributes for Linux. Each target is one script; see its --help.

# check: one test; minutes that CI waits
T =
WITHIN =
CONFIG = debug
deps = @scripts/install-deps $@

help:
	@echo 'Time: on two idle cores. +: plus 11 min or more for each missing kernel.'
	@echo 'Disk: of build/ and ~/.cache/iocb-attr. Packages: the number of packages that'
	@echo 'scripts/install-deps --list TARGET prints, and the disk space of these and of'
	@echo 'their dependencies.'
	@echo
	@echo 'target           what                             time       disk    packages'
	@echo 'make demo        cache hints, clients, checksums  7 min      2.3 GB  15, 0.5 GB'
	@echo 'make check       all tests; T=NAME: one of them   80 min     8 GB    66, 2.0 GB'
	@echo '                 ... with the kernels built       25 min'
	@echo 'make check-long  longer versions, and more        hours      12 GB   66, 2.0 GB'
	@echo 'make bench       what attributes cost             5 min +    8 GB    23, 0.6 GB'
	@echo 'make study       comparisons with published work  (unknown)  6 GB    16, 0.4 GB'
	@echo 'make soak        random I/O, with faults          10 min +   6 GB    18, 0.4 GB'
	@echo 'make kunit       the KUnit tests, in a guest      1 min +    6 GB    15, 0.4 GB'
	@echo 'make fuzz        fuzz the parser of lists         1 min      -       2, 0.5 GB'
	@echo 'make report      report.html and .pdf of results/ 1 min      -       3, 0.7 GB'
	@echo 'make fio         fio with attr_*; prints its path 2 min      0.1 GB  10, 0.3 GB'
	@echo 'make kernel      CONFIG=debug, perf, plain, ...   11 min     5 GB    11, 0.3 GB'
	@echo 'make tree        a commit per patch: build/linux  2 min      2.5 GB  4, 0.1 GB'
	@echo 'make refresh     ... and back to patches/         1 min      2.5 GB'
	@echo 'make series      the mails: build/series          2 min      2.5 GB  4, 0.1 GB'
	@echo 'make verify      checks of every patch            20 min     7 GB    21, 0.7 GB'

demo:
	$(deps)
	scripts/demo/cache
	scripts/demo/clients
	scripts/demo/checksum
bench:
	$(deps)
	scripts/bench/all
study:
	$(deps)
	scripts/study/run
report:
	$(deps)
	scripts/report/make --pdf
tree:
	$(deps)
	scripts/series/apply
refresh:
	scripts/series/refresh
verify:
	$(deps)
	scripts/series/verify
series:
	$(deps)
	scripts/series/apply
	scripts/series/format
fuzz:
	$(deps)
	scripts/fuzz
soak:
	$(deps)
	scripts/soak
kunit:
	$(deps)
	scripts/kunit
fio:
	$(deps)
	@scripts/fio build
kernel:
	$(deps)
	scripts/kernel/build $(CONFIG)
check:
	$(deps)
	@scripts/check $(if $(WITHIN),--within $(WITHIN)) $(T)
check-long:
	$(deps)
	@scripts/check --long $(T)
clean:
	rm -rf build results

.PHONY: bench check check-long clean demo fio fuzz help kernel kunit refresh report series soak
.PHONY: study tree verify
