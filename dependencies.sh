#!/usr/bin/env bash
# Installs the Debian 12 packages that are missing.   ./dependencies.sh [--tests] [--long] [--training]
set -euo pipefail
packages=(cmake g++ ninja-build pkg-config ca-certificates
  libsystemc-dev libboost-dev libboost-serialization-dev libxxhash-dev libfmt-dev nlohmann-json3-dev doctest-dev libcli11-dev libhdf5-dev zlib1g-dev
  libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libonnx-dev libprotobuf-dev protobuf-compiler libeigen3-dev
  libjs-chart.js libmuparserx-dev)
tests=(python3 python3-numpy python3-onnx python3-h5py clang-format libvalijson-dev libbenchmark-dev verilator make chromium libtorch-dev)
long=(clang-tidy slurm-wlm munge)
training=(libtorch-dev)
for option in "$@"; do
  case $option in
    --tests) packages+=("${tests[@]}") ;;
    --long) packages+=("${long[@]}") ;;
    --training) packages+=("${training[@]}") ;;
    *) echo "usage: $0 [--tests] [--long] [--training]" >&2; exit 2 ;;
  esac
done
missing=()
for package in "${packages[@]}"; do
  [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == 'install ok installed' ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0
sudo=(); [[ $(id -u) == 0 ]] || sudo=(sudo)
echo "installing: ${missing[*]}" >&2
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
