# SPDX-License-Identifier: GPL-2.0
# Per-I/O attributes for Linux. Each target is one script; see its --help.

# check: one test; minutes that CI waits
T =
WITHIN =

help:
	@echo 'make demo           from nothing to the result: hints, tags, checksums at work'
	@echo 'make check          all tests; make check T=NAME for one (tests/list)'
	@echo 'make check-long     the long versions, and more (tests/list.long)'
	@echo 'make bench          what attributes cost, in instructions and in time'
	@echo 'make report         results/report.html and .pdf: figures of the last runs'
	@echo 'make tree           the base kernel with one commit per patch in build/linux'
	@echo 'make refresh        bring the commits of build/linux back to patches/'
	@echo 'make verify         prove that the series is sound'
	@echo 'make series         the mails, an mbox a section, in build/series'
	@echo 'make fuzz           fuzz the parser for a minute'
	@echo 'make soak           random I/O, right and wrong, with faults for ten minutes'
	@echo 'make kunit          the KUnit tests, in user-mode Linux'
	@echo 'make fio            fio with options for attributes: where it is'
	@echo 'make kernel         the guest kernel of CONFIG=debug, perf, small or um'

CONFIG = debug

demo:
	scripts/install-deps
	scripts/demo/cache
	scripts/demo/clients
	scripts/demo/checksum
bench:
	scripts/install-deps
	scripts/bench/all
report:
	scripts/install-deps
	scripts/report/make --pdf
tree:
	scripts/series/apply
refresh:
	scripts/series/refresh
verify:
	scripts/install-deps
	scripts/series/verify
series:
	scripts/series/apply
	scripts/series/format
fuzz:
	scripts/fuzz
soak:
	scripts/install-deps
	scripts/soak
kunit:
	scripts/kunit
fio:
	@scripts/install-deps
	@scripts/fio build
kernel:
	scripts/kernel/build $(CONFIG)
check:
	@scripts/install-deps
	@scripts/check $(if $(WITHIN),--within $(WITHIN)) $(T)
check-long:
	@scripts/install-deps
	@scripts/check --long $(T)
clean:
	rm -rf build results

.PHONY: bench check check-long clean demo fio fuzz help kernel kunit refresh report series soak
.PHONY: tree verify
