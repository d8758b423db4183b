#!/usr/bin/env bash
# Trains the shipped example network anew, in both forms, with their logs.   configs/networks/train.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
./dependencies.sh --training
cmake --preset release -DDELTASIM_TESTS=OFF >/dev/null
cmake --build --preset release --target deltasim_train
build/release/sim/training/deltasim-train reproduce -o out/reproduction --network mobilenet
for form in baseline delta; do
  made=out/reproduction/trainings/mobilenet-$form
  cp "$made/network.onnx" "configs/networks/example-$form.onnx"
  cp "$made/log.csv" "configs/networks/example-$form.csv"
done
