#include "sim/validation/systolic_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace deltasim::sim {
namespace {

using models::BranchKind;
using models::LayerId;
using models::Shape;

/// Adds layers one after another.
class Shapes {
 public:
  Shapes(const std::string& name, const Shape& input) {
    network.name = name;
    network.layers.emplace_back();
    network.layers[0].name = "input";
    network.layers[0].output = input;
  }

  LayerId window(const std::string& name, BranchKind kind, LayerId from, std::uint32_t channels, std::uint32_t kernel,
                 std::uint32_t stride, std::uint32_t pad) {
    models::Layer layer;
    layer.name = name;
    const Shape in = network.layers[from].output;
    const auto length = [&](std::uint32_t n) { return (n + 2 * pad - kernel) / stride + 1; };
    layer.output = {channels, length(in.height), length(in.width)};
    layer.branches = {branch(name, kind, from, kernel, stride, pad)};
    network.layers.push_back(std::move(layer));
    return static_cast<LayerId>(network.layers.size() - 1);
  }

  /// A second term of a layer: a 1 x 1 convolution where the shape changes, else the identity.
  void shortcut(LayerId layer, const std::string& name, LayerId from, std::uint32_t stride) {
    auto& to = network.layers[layer];
    const bool same = network.layers[from].output == to.output;
    to.branches.push_back(branch(name, same ? BranchKind::identity : BranchKind::convolution, from, 1, stride, 0));
  }

  models::Network network;

 private:
  models::Branch branch(const std::string& name, BranchKind kind, LayerId from, std::uint32_t kernel,
                        std::uint32_t stride, std::uint32_t pad) const {
    models::Branch b;
    b.name = name;
    b.kind = kind;
    b.sources = {{from, {}}};
    b.input = network.layers[from].output;
    b.window.kernel_h = b.window.kernel_w = kernel;
    b.window.stride_h = b.window.stride_w = stride;
    b.window.pad_top = b.window.pad_left = static_cast<std::int32_t>(pad);
    return b;
  }
};

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

struct Published {
  const char* name;
  hw::Dataflow dataflow;
  hw::OsFormula os_formula;
  std::uint64_t (*cycles)(const hw::Gemm& g, std::uint64_t rows, std::uint64_t columns);
};

constexpr Published published[] = {
    {"weight stationary", hw::Dataflow::weight_stationary, hw::OsFormula::scale_sim_v3,
     [](const hw::Gemm& g, std::uint64_t r, std::uint64_t c) {
       return ceil_div(g.k, r) * ceil_div(g.n, c) * (2 * r + c + g.m - 2);
     }},
    {"input stationary", hw::Dataflow::input_stationary, hw::OsFormula::scale_sim_v3,
     [](const hw::Gemm& g, std::uint64_t r, std::uint64_t c) {
       return ceil_div(g.k, r) * ceil_div(g.m, c) * (2 * r + c + g.n - 2);
     }},
    {"output stationary v3", hw::Dataflow::output_stationary, hw::OsFormula::scale_sim_v3,
     [](const hw::Gemm& g, std::uint64_t r, std::uint64_t c) {
       return ceil_div(g.m, r) * ceil_div(g.n, c) * (r + c + g.k - 2);
     }},
    {"output stationary 2020", hw::Dataflow::output_stationary, hw::OsFormula::ispass_2020,
     [](const hw::Gemm& g, std::uint64_t r, std::uint64_t c) {
       return ceil_div(g.m, r) * ceil_div(g.n, c) * (2 * r + c + g.k - 2);
     }},
};

}  // namespace

models::Network resnet18_shapes() {
  Shapes s("ResNet-18", {3, 224, 224});
  LayerId last = s.window("conv1", BranchKind::convolution, 0, 64, 7, 2, 3);
  last = s.window("maxpool", BranchKind::max_pool, last, 64, 3, 2, 1);
  for (std::uint32_t stage = 0; stage < 4; ++stage)
    for (std::uint32_t block = 0; block < 2; ++block) {
      const std::uint32_t channels = 64u << stage, stride = stage > 0 && block == 0 ? 2 : 1;
      const std::string name = fmt::format("layer{}.{}.", stage + 1, block);
      const LayerId from = last;
      const LayerId first = s.window(name + "conv1", BranchKind::convolution, from, channels, 3, stride, 1);
      last = s.window(name + "conv2", BranchKind::convolution, first, channels, 3, 1, 1);
      s.shortcut(last, name + "shortcut", from, stride);
    }
  last = s.window("avgpool", BranchKind::average_pool, last, 512, 7, 1, 0);
  s.window("fc", BranchKind::convolution, last, 1000, 1, 1, 0);
  s.network.layers.back().raw_output = true;
  return std::move(s.network);
}

std::vector<ExpectedRow> systolic_rows() {
  const models::Network network = resnet18_shapes();
  std::vector<ExpectedRow> rows;
  for (const Published& p : published) {
    hw::SystolicParams array;
    array.dataflow = p.dataflow;
    array.os_formula = p.os_formula;
    array.fold_overlap = hw::FoldOverlap::none;
    const auto frame = hw::systolic_frame(network, array);
    ExpectedRow total{fmt::format("ResNet-18, {}: layers", p.name)};
    for (LayerId l = 0; l < network.layers.size(); ++l)
      for (std::size_t b = 0; b < frame[l].size(); ++b) {
        const auto& branch = network.layers[l].branches[b];
        if (branch.kind != BranchKind::convolution) continue;
        const auto gemm = hw::systolic_layer(branch, network.layers[l].output).gemm;
        rows.push_back({fmt::format("ResNet-18, {}: {}", p.name, branch.name),
                        p.cycles(gemm, array.rows, array.columns), frame[l][b].cycles});
        total.expected += rows.back().expected;
        total.got += rows.back().got;
      }
    rows.push_back(std::move(total));
  }
  return rows;
}

std::vector<Comparison> systolic_array() {
  constexpr const char* formulas =
      "fold formulas of SCALE-Sim v3 (Raj et al. 2025) and of Samajdar et al., ISPASS 2020, written out per dataflow";
  std::vector<Comparison> rows;
  constexpr std::size_t prefix = std::string_view("ResNet-18, ").size();
  double differ = 0;
  for (const ExpectedRow& row : systolic_rows()) {
    if (row.what.find(": layers") == std::string::npos) {
      differ += row.got == row.expected ? 0 : 1;
      continue;
    }
    rows.push_back(
        {row.what.substr(prefix) + ", all", "SYS", formulas, "cycles", double(row.expected), double(row.got), 0.0});
    rows.push_back({row.what.substr(prefix) + " that differ", "SYS", formulas, "", 0.0, differ, 0.0});
    if (row.what.find("v3") != std::string::npos)
      rows.push_back({"output stationary: cycles, published digits", "SYS",
                      "SCALE-Sim v3 on 32 x 32, folds not overlapped", "M", 2.13, double(row.got) * 1e-6, 0.0024});
    differ = 0;
  }
  return rows;
}

}  // namespace deltasim::sim
