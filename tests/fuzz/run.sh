#!/bin/bash
# Builds the fuzz targets (clang) and runs each of them: tests/fuzz/run.sh [seconds each, 60]
# Ends with 1 where one of them finds something; what it found lies in build/fuzz/findings.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
build=${BUILD:-build/fuzz}
cmake --preset fuzz -B "$build" >/dev/null
cmake --build "$build" --target fuzz_seeds onnx_fuzz stream_fuzz run_file_fuzz
export ASAN_OPTIONS=detect_stack_use_after_return=0
"$build/tests/fuzz/fuzz_seeds" "$build/seeds"
mkdir -p "$build/findings"
found=0
for name in onnx stream run_file; do
  mkdir -p "$build/corpus/$name"
  dictionary="$build/seeds/$name.dict"
  echo "== $name"
  "$build/tests/fuzz/${name}_fuzz" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -verbosity=1 -artifact_prefix="$build/findings/$name-" $([ -f "$dictionary" ] && echo "-dict=$dictionary") \
    "$build/corpus/$name" "$build/seeds/$name" >"$build/$name.log" 2>&1 || found=1
  grep -E 'ERROR|SUMMARY|Test unit written|DONE|^stat::(number_of_executed|peak)' "$build/$name.log" || true
done
exit $found
