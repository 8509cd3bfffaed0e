#!/usr/bin/env bash
# Configures a preset when its options changed and builds it. usage: tools/build.sh PRESET [TARGET…]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
cmake --preset "$preset" --log-level=WARNING >/dev/null
cmake --build --preset "$preset" ${*:+--target "$@"}
