#!/usr/bin/env bash
# Runs fuzz targets with their seed corpora; what they learn stays in out/fuzz/grown, from where seeds worth keeping are copied by hand. usage: tools/fuzz.sh [TARGET] [SECONDS]
# Without a target all run side by side, one process a target. A finding is written to out/fuzz/findings and ends with status 1.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${2:-60}
targets=()
if [[ -n ${1:-} ]]; then
  targets=("$1")
else
  for file in fuzz/*.cpp; do
    name=$(basename "$file" .cpp)
    [[ $name == replay_main ]] || targets+=("$name")
  done
fi
mkdir -p out/fuzz/findings
slowest=$((5 * (1 + ${#targets[@]} / $(nproc))))  # seconds for one input: five where the target has a core, more where many share one

fuzz_one() {
  local name=$1 program=out/fuzz/fuzz/fuzz_$1 grown=out/fuzz/grown/$1 seeds=fuzz/corpus/$1
  local dictionary=()
  [[ -x $program ]] || { echo "fuzz.sh: no target '$name' ($program)" >&2; return 2; }
  [[ -f fuzz/$name.dict ]] && dictionary=("-dict=fuzz/$name.dict")
  mkdir -p "$grown" "$seeds"
  "$program" -max_total_time="$seconds" -timeout="$slowest" -rss_limit_mb=2048 -artifact_prefix="out/fuzz/findings/$name-" \
    -print_final_stats=1 "${dictionary[@]}" "$grown" "$seeds" >"out/fuzz/$name.log" 2>&1 || { tail -40 "out/fuzz/$name.log" >&2; return 1; }
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "out/fuzz/$name.log") runs in ${seconds} s, no finding"
}

jobs=() failed=0
for name in "${targets[@]}"; do
  fuzz_one "$name" &
  jobs+=($!)
done
for job in "${jobs[@]}"; do
  wait "$job" || failed=1
done
exit "$failed"
