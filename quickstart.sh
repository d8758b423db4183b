#!/usr/bin/env bash
# Installs what is missing, builds, runs the shipped example.   ./quickstart.sh
set -euo pipefail
cd "$(dirname "$0")"
./dependencies.sh
cmake --preset release -DDELTASIM_TESTS=OFF >/dev/null
cmake --build --preset release --target deltasim
./build/release/sim/deltasim run configs/runs/example.json -o out/example
