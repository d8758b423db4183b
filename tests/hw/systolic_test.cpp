#include "hw/systolic.hpp"
#include "tests/hw/systolic_oracle.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace deltasim;
using hw::Dataflow;
using hw::FoldOverlap;
using hw::Gemm;
using hw::OsFormula;
using hw::SystolicParams;

namespace {

SystolicParams array(std::uint32_t rows, std::uint32_t columns, Dataflow dataflow,
                     FoldOverlap overlap = FoldOverlap::none, OsFormula formula = OsFormula::scale_sim_v3) {
  SystolicParams p;
  p.rows = rows;
  p.columns = columns;
  p.dataflow = dataflow;
  p.fold_overlap = overlap;
  p.os_formula = formula;
  return p;
}

std::uint64_t up(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

/// The published formulas, as they are written.
std::uint64_t published(const Gemm& g, const SystolicParams& p) {
  const std::uint64_t r = p.rows, c = p.columns;
  switch (p.dataflow) {
    case Dataflow::weight_stationary:
      return up(g.k, r) * up(g.n, c) * (2 * r + c + g.m - 2) * g.groups;
    case Dataflow::input_stationary:
      return up(g.k, r) * up(g.m, c) * (2 * r + c + g.n - 2) * g.groups;
    case Dataflow::output_stationary:
      break;
  }
  const std::uint64_t fold = p.os_formula == OsFormula::ispass_2020 ? 2 * r + c + g.k - 2 : r + c + g.k - 2;
  return up(g.m, r) * up(g.n, c) * fold * g.groups;
}

struct Product {
  test::Matrix inputs, weights, outputs;
};

Product random_product(const Gemm& g, std::mt19937& random) {
  Product p{test::Matrix(g.m, g.k), test::Matrix(g.k, g.n), test::Matrix(g.m, g.n)};
  std::uniform_int_distribution<int> value(-9, 9);
  for (auto& v : p.inputs.values) v = value(random);
  for (auto& v : p.weights.values) v = value(random);
  for (std::size_t m = 0; m < g.m; ++m)
    for (std::size_t n = 0; n < g.n; ++n)
      for (std::size_t k = 0; k < g.k; ++k) p.outputs.at(m, n) += p.inputs.at(m, k) * p.weights.at(k, n);
  return p;
}

test::Matrix transposed(const test::Matrix& a) {
  test::Matrix t(a.columns, a.rows);
  for (std::size_t r = 0; r < a.rows; ++r)
    for (std::size_t c = 0; c < a.columns; ++c) t.at(c, r) = a.at(r, c);
  return t;
}

test::ArrayRun simulated(const Product& p, const SystolicParams& a) {
  const bool overlapped = a.fold_overlap == FoldOverlap::weights_double_buffered;
  if (a.dataflow == Dataflow::weight_stationary)
    return test::run_stationary(p.inputs, p.weights, a.rows, a.columns, overlapped);
  if (a.dataflow == Dataflow::output_stationary)
    return test::run_output_stationary(p.inputs, p.weights, a.rows, a.columns, a.os_formula == OsFormula::ispass_2020,
                                       overlapped);
  auto run = test::run_stationary(transposed(p.weights), transposed(p.inputs), a.rows, a.columns, overlapped);
  run.product = transposed(run.product);
  return run;
}

models::Branch convolution(const models::Shape& input, std::uint32_t kernel, std::uint32_t stride,
                           std::uint32_t groups = 1) {
  models::Branch b;
  b.input = input;
  b.groups = groups;
  b.window.kernel_h = b.window.kernel_w = kernel;
  b.window.stride_h = b.window.stride_w = stride;
  b.window.pad_top = b.window.pad_left = static_cast<std::int32_t>(kernel / 2);
  return b;
}

constexpr Dataflow dataflows[] = {Dataflow::weight_stationary, Dataflow::input_stationary, Dataflow::output_stationary};

}  // namespace

TEST_CASE("cycles of an array simulated register by register: smaller, equal, larger products, all dataflows") {
  std::mt19937 random(1);
  for (const auto& size : {std::pair{1u, 1u}, {2u, 3u}, {4u, 2u}, {3u, 3u}})
    for (std::uint64_t m : {1, 2, 3, 4, 9})
      for (std::uint64_t k : {1, 2, 3, 4, 7})
        for (std::uint64_t n : {1, 3, 4, 8}) {
          const std::uint32_t rows = size.first, columns = size.second;
          const Gemm g{m, k, n, 1};
          const Product product = random_product(g, random);
          for (const Dataflow dataflow : dataflows)
            for (const auto overlap : {FoldOverlap::none, FoldOverlap::weights_double_buffered})
              for (const auto formula : {OsFormula::scale_sim_v3, OsFormula::ispass_2020}) {
                CAPTURE(rows);
                CAPTURE(columns);
                CAPTURE(m);
                CAPTURE(k);
                CAPTURE(n);
                CAPTURE(int(dataflow));
                CAPTURE(int(overlap));
                CAPTURE(int(formula));
                const auto a = array(rows, columns, dataflow, overlap, formula);
                const auto run = simulated(product, a);
                REQUIRE(run.product.values == product.outputs.values);
                CHECK(run.cycles == hw::array_cycles(g, a));
                if (overlap == FoldOverlap::none) CHECK(run.cycles == published(g, a));
              }
        }
}

TEST_CASE("double-buffered: one fold gains nothing, and no array beats its multipliers") {
  std::mt19937 random(2);
  std::uniform_int_distribution<std::uint64_t> size(1, 200);
  for (int i = 0; i < 300; ++i) {
    const Gemm g{size(random), size(random), size(random), 1 + size(random) % 3};
    for (const Dataflow dataflow : dataflows) {
      const auto plain = array(16, 8, dataflow), hidden = array(16, 8, dataflow, FoldOverlap::weights_double_buffered);
      const auto cycles = hw::array_cycles(g, hidden);
      CHECK(cycles * 16 * 8 >= g.macs());
      if (hw::folds(g, plain) == 1)
        CHECK(cycles == hw::array_cycles(g, plain));
      else
        CHECK(cycles < hw::array_cycles(g, plain));
    }
  }
}

TEST_CASE("a convolution is a product by its output size, every group is one of its own, dense layers have one row") {
  const auto strided = hw::systolic_layer(convolution({64, 56, 56}, 3, 2), {128, 28, 28});
  CHECK(strided.gemm.m == 28 * 28);
  CHECK(strided.gemm.k == 9 * 64);
  CHECK(strided.gemm.n == 128);
  CHECK(strided.ifmap == 64 * 56 * 56);
  const auto skipping = hw::systolic_layer(convolution({64, 56, 56}, 1, 2), {128, 28, 28});
  CHECK(skipping.ifmap == 64 * 28 * 28);  // pixels that no window covers stay where they are
  const auto depthwise = hw::systolic_layer(convolution({32, 112, 112}, 3, 1, 32), {32, 112, 112});
  CHECK(depthwise.gemm.groups == 32);
  CHECK(depthwise.gemm.k == 9);
  CHECK(depthwise.gemm.n == 1);
  const auto p = array(32, 32, Dataflow::weight_stationary);
  CHECK(hw::array_cycles(depthwise.gemm, p) == 32 * (2 * 32 + 32 + 112 * 112 - 2));
  auto whole = convolution({512, 7, 7}, 7, 1);
  whole.window.pad_top = whole.window.pad_left = 0;
  const auto dense = hw::systolic_layer(whole, {1000, 1, 1});
  CHECK(dense.gemm.m == 1);
  CHECK(dense.gemm.k == 512 * 49);
  CHECK(dense.gemm.n == 1000);
}

TEST_CASE("MobileNet v1 layer by layer on 32 x 32 equals the published formulas") {
  models::Shape shape{3, 224, 224};
  struct Layer {
    models::Branch branch;
    models::Shape output;
  };
  std::vector<Layer> layers;
  const auto add = [&](std::uint32_t channels, std::uint32_t kernel, std::uint32_t stride, std::uint32_t groups) {
    const models::Shape output{channels, shape.height / stride, shape.width / stride};
    layers.push_back({convolution(shape, kernel, stride, groups), output});
    shape = output;
  };
  add(32, 3, 2, 1);
  for (const auto& [channels, stride] : {std::pair{64u, 1u},
                                         {128u, 2u},
                                         {128u, 1u},
                                         {256u, 2u},
                                         {256u, 1u},
                                         {512u, 2u},
                                         {512u, 1u},
                                         {512u, 1u},
                                         {512u, 1u},
                                         {512u, 1u},
                                         {512u, 1u},
                                         {1024u, 2u},
                                         {1024u, 1u}}) {
    add(shape.channels, 3, stride, shape.channels);
    add(channels, 1, 1, 1);
  }
  REQUIRE(layers.size() == 27);
  REQUIRE(shape == models::Shape{1024, 7, 7});
  std::uint64_t macs = 0;
  for (const auto& layer : layers) {
    const auto gemm = hw::systolic_layer(layer.branch, layer.output).gemm;
    macs += gemm.macs();
    for (const Dataflow dataflow : dataflows)
      for (const auto formula : {OsFormula::scale_sim_v3, OsFormula::ispass_2020}) {
        const auto p = array(32, 32, dataflow, FoldOverlap::none, formula);
        const auto work = hw::systolic_work(hw::systolic_layer(layer.branch, layer.output), p);
        CHECK(work.cycles == published(gemm, p));
        CHECK(work.utilisation == doctest::Approx(double(gemm.macs()) / 1024.0 / double(work.cycles)));
        CHECK(work.bound == hw::SystolicBound::array);
      }
  }
  CHECK(macs / 1000000 ==
        567);  // MobileNet v1 without its classifier: 569 M multiply-adds with it (Howard et al. 2017)
}

TEST_CASE("SRAM accesses: counted fold by fold, edges included") {
  std::mt19937 random(3);
  std::uniform_int_distribution<std::uint64_t> size(1, 40);
  for (int i = 0; i < 200; ++i) {
    const Gemm g{size(random), size(random), size(random), 1 + size(random) % 2};
    for (const Dataflow dataflow : dataflows) {
      const auto p = array(7, 5, dataflow);
      hw::SramAccesses counted;
      const bool ws = dataflow == Dataflow::weight_stationary, os = dataflow == Dataflow::output_stationary;
      const std::uint64_t along = os ? g.m : g.k, across = ws || os ? g.n : g.m, stream = ws ? g.m : os ? g.k : g.n;
      for (std::uint64_t c = 0; c < across; c += 5)
        for (std::uint64_t r = 0; r < along; r += 7) {
          const std::uint64_t rows = std::min<std::uint64_t>(7, along - r),
                              columns = std::min<std::uint64_t>(5, across - c);
          const std::uint64_t held = rows * columns, in = rows * stream, out = columns * stream;
          counted.ifmap_reads += g.groups * (ws || os ? in : held);
          counted.filter_reads += g.groups * (ws ? held : os ? out : in);
          if (os)
            counted.ofmap_writes += g.groups * held;
          else if (r + 7 >= along)
            counted.ofmap_writes += g.groups * out;
          else
            counted.partial_sum_writes += g.groups * out;
          if (!os && r > 0) counted.partial_sum_reads += g.groups * out;
        }
      const auto got = hw::sram_accesses(g, p);
      CHECK(got.ifmap_reads == counted.ifmap_reads);
      CHECK(got.filter_reads == counted.filter_reads);
      CHECK(got.partial_sum_reads == counted.partial_sum_reads);
      CHECK(got.partial_sum_writes == counted.partial_sum_writes);
      CHECK(got.ofmap_writes == counted.ofmap_writes);
    }
  }
}

TEST_CASE("DRAM: an operand that fits in half of its buffer is fetched once, one byte more and every fold fetches it") {
  const Gemm g{100, 20, 33, 1};
  auto p = array(8, 8, Dataflow::weight_stationary);
  p.ifmap_bytes = 2 * g.m * g.k;
  CHECK(hw::dram_traffic(hw::systolic_layer(g), p, {}).ifmap == g.m * g.k);
  p.ifmap_bytes -= 2;
  CHECK(hw::dram_traffic(hw::systolic_layer(g), p, {}).ifmap == g.m * g.k * 5);
  CHECK(hw::dram_traffic(hw::systolic_layer(g), p, {}).filter == g.k * g.n);
  p.ofmap_bytes = 2 * 4 * g.m * 8;  // sums of one fold of columns, 32 bits each
  CHECK(hw::dram_traffic(hw::systolic_layer(g), p, {}).partial_sums == 0);
  p.ofmap_bytes -= 2;
  CHECK(hw::dram_traffic(hw::systolic_layer(g), p, {}).partial_sums == 2 * 4 * g.m * g.n * 2);

  auto is = array(8, 8, Dataflow::input_stationary);
  is.filter_bytes = 2 * g.k * g.n;
  CHECK(hw::dram_traffic(hw::systolic_layer(g), is, {}).filter == g.k * g.n);
  is.filter_bytes -= 2;
  CHECK(hw::dram_traffic(hw::systolic_layer(g), is, {}).filter == g.k * g.n * 13);

  auto os = array(8, 8, Dataflow::output_stationary);
  os.filter_bytes = 2 * g.k * g.n - 2;
  os.ifmap_bytes = 2 * 8 * g.k;  // one fold's rows stay while the filters pass
  CHECK(hw::dram_traffic(hw::systolic_layer(g), os, {}).filter == g.k * g.n * 13);
  CHECK(hw::dram_traffic(hw::systolic_layer(g), os, {}).ifmap == g.m * g.k);
  os.ifmap_bytes -= 2;
  CHECK(hw::dram_traffic(hw::systolic_layer(g), os, {}).ifmap == g.m * g.k * 5);
  CHECK(hw::dram_traffic(hw::systolic_layer(g), os, {}).partial_sums == 0);
}

TEST_CASE("DRAM: a layer takes the longer of array and channel, after its first block has come") {
  const Gemm g{50, 16, 16, 1};
  auto p = array(8, 8, Dataflow::weight_stationary);
  const auto layer = hw::systolic_layer(g);
  const auto alone = hw::systolic_work(layer, p);
  const std::uint64_t bytes = alone.dram.total();
  CHECK(bytes == 50 * 16 + 16 * 16 + 50 * 16);
  p.clock_mhz = 500;
  const auto with = [&](double bytes_per_cycle) {
    p.dram_gb_per_s = bytes_per_cycle * 0.5;
    return hw::systolic_work(layer, p);
  };
  CHECK(with(1e3).cycles == alone.cycles + 1);  // the first 64 bytes
  CHECK(with(1e3).bound == hw::SystolicBound::array);
  CHECK(with(1).dram_cycles == bytes);
  CHECK(with(1).cycles == bytes + 64);
  CHECK(with(1).bound == hw::SystolicBound::dram);
  const auto resident = hw::systolic_work(layer, p, {true, true, true});
  CHECK(resident.cycles == alone.cycles);
  CHECK(resident.dram.total() == 0);
}

TEST_CASE("what fits stays on the chip between layers, where asked") {
  models::Network network;
  network.layers.resize(3);
  network.layers[0].output = {8, 10, 10};
  for (models::LayerId l : {1u, 2u}) {
    auto branch = convolution({8, 10, 10}, 3, 1);
    branch.sources = {{l - 1, {}}};
    network.layers[l].output = {8, 10, 10};
    network.layers[l].branches = {branch};
  }
  network.layers[2].raw_output = true;
  const std::uint64_t map = 800, filter = 9 * 8 * 8;
  auto p = array(8, 8, Dataflow::output_stationary);
  p.ifmap_bytes = p.ofmap_bytes = 2 * map;
  p.filter_bytes = 2 * filter;
  const auto traffic = [&] {
    std::uint64_t bytes = 0;
    for (const auto& layer : hw::systolic_frame(network, p))
      for (const auto& work : layer) bytes += work.dram.total();
    return bytes;
  };
  CHECK(traffic() == 0);
  p.filter_bytes -= 1;  // both filters no longer fit; one alone is re-fetched for each of 13 folds of pixels
  CHECK(traffic() == 2 * filter * 13);
  p.filter_bytes = 4 * filter;
  p.ofmap_bytes -= 2;
  CHECK(traffic() == 3 * map);  // the input and one result in, one result out
  p.residency = hw::Residency::layer;
  p.ofmap_bytes += 2;
  CHECK(traffic() == 4 * map + 2 * filter);
}
