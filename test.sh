#!/usr/bin/env bash
# Installs what is missing, builds and runs the tests.   ./test.sh [--sanitize] [--all] [ctest options]
#   --sanitize   in the build with AddressSanitizer and UndefinedBehaviorSanitizer
#   --all        the long ones too (label "long")
set -euo pipefail
cd "$(dirname "$0")"
preset=release selection=(-LE long) packages=(--tests)
while [[ ${1:-} == --sanitize || ${1:-} == --all ]]; do
  case $1 in --sanitize) preset=sanitize ;; --all) selection=() packages=(--tests --long) ;; esac
  shift
done
./dependencies.sh "${packages[@]}"
cmake --preset "$preset" -DDELTASIM_TESTS=ON >/dev/null
cmake --build --preset "$preset"
ctest --preset "$preset" -j "$(nproc)" "${selection[@]}" "$@"
