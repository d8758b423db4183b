#pragma once

#include "hw/systolic.hpp"
#include "sim/validation/comparison.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace deltasim::sim {

/// A figure and what it should be.
struct ExpectedRow {
  std::string what;
  std::uint64_t expected = 0, got = 0;
};

/// ResNet-18 at 224 x 224 by its definition (He et al. 2016): every convolution and the classifier, in order. No file.
models::Network resnet18_shapes();

/// Its cycles per layer on 32 x 32, without overlap, for all dataflows and both output-stationary formulas: the model
/// against the formulas as they were published.
std::vector<ExpectedRow> systolic_rows();

/// The same as comparisons: a row for all layers of each dataflow, and how many layers differ; the total that others
/// published.
std::vector<Comparison> systolic_array();

}  // namespace deltasim::sim
