#!/usr/bin/env bash
# Every source in BUILD/compile_commands.json against .clang-tidy, two at a time.   clang_tidy.sh ROOT BUILD
set -euo pipefail
tidy=$(command -v run-clang-tidy-14 || command -v run-clang-tidy) ||
  { echo "skipped: clang-tidy is missing (apt-get install clang-tidy)"; exit 0; }
[[ -f $2/compile_commands.json ]] || { echo "skipped: $2/compile_commands.json is missing (Ninja and Makefiles write it)"; exit 0; }
cd "$1"
"$tidy" -quiet -j 2 -p "$2" "^$1/(models|traces|hw|sim|tests|bench)/.*\.cpp$" 2>/dev/null
