#!/usr/bin/env bash
# The crash tests at full counts: every kill point, every injected error, 50 power cuts, both mutants caught, the slow deadlines.
set -euo pipefail
cd "$(dirname "$0")/../.."
export SITEPOD_BINARY=${SITEPOD_BINARY:-$PWD/out/release/sitepod} SITEPOD_SLOW_TESTS=1
tests/crash/kill_points.py
tests/crash/bucket_kill_points.py
tests/crash/syscall_errors.py
tests/crash/gc_races.py --points 60
tests/contract/test_races.py --full
tests/crash/power_cut.py --cuts 50
tests/crash/power_cut.py --cuts 12 --mutant out/mutant-no-dirsync/sitepod
tests/crash/power_cut.py --cuts 12 --mutant out/mutant-sync-normal/sitepod
for slow in tests/contract/test_http_syntax.py tests/contract/test_rate_limits.py tests/journeys/test_real_site.py; do
  "$slow"
done
