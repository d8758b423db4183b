#!/usr/bin/env bash
# Every C++ and JavaScript file that git tracks is formatted as .clang-format says.   format.sh ROOT
set -euo pipefail
cd "$1"
command -v clang-format >/dev/null || { echo "skipped: clang-format is missing (./dependencies.sh --tests)"; exit 0; }
git rev-parse --git-dir >/dev/null 2>&1 || { echo "skipped: $1 is no git checkout"; exit 0; }
git ls-files -z '*.cpp' '*.hpp' '*.js' | while IFS= read -rd '' file; do [[ ! -f $file ]] || printf '%s\0' "$file"; done |
  xargs -0 clang-format --dry-run -Werror
