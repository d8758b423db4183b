#include "models/training/builtin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::models::training {
namespace {

struct Convolution {
  std::uint32_t outputs = 0, kernel = 3, stride = 1, groups = 1;
};

/// Builds a description layer by layer; every add returns the layer's name.
class Builder {
 public:
  Builder(const BuiltinOptions& options, const char* name, const Shape& input, std::uint32_t classes)
      : options_(options), classes_(options.classes != 0 ? options.classes : classes) {
    network_.name = name;
    network_.input = options.input.value_or(input);
  }

  std::uint32_t wide(std::uint32_t channels) const {
    return std::max(1u, static_cast<std::uint32_t>(std::lround(channels * options_.width)));
  }
  std::uint32_t stem_stride(std::uint32_t original) const {
    return options_.stem_stride != 0 ? options_.stem_stride : original;
  }

  static TermDescription term(const std::string& from, const Convolution& c) {
    TermDescription t;
    t.from = from, t.kernel = c.kernel, t.stride = c.stride, t.groups = c.groups;
    return t;
  }
  std::string convolution(const std::string& name, const std::string& from, const Convolution& c) {
    return add(name, c.outputs, {term(from, c)});
  }
  std::string add(const std::string& name, std::uint32_t outputs, std::vector<TermDescription> terms) {
    LayerDescription layer;
    layer.name = name, layer.outputs = outputs, layer.terms = std::move(terms);
    layer.activation = options_.activation;
    network_.layers.push_back(std::move(layer));
    return name;
  }
  LayerDescription& last() { return network_.layers.back(); }

  std::string global_average(const std::string& from, bool delta) {
    TermDescription pool;
    pool.kind = TermKind::average_pool, pool.from = from, pool.kernel = 0;
    add("pool", 0, {pool});
    last().activation = Activation::none;
    last().delta = options_.pool_delta.value_or(delta);
    return "pool";
  }
  std::string dense(const std::string& name, const std::string& from, std::uint32_t outputs) {
    TermDescription t;
    t.kind = TermKind::dense, t.from = from, t.batch_norm = false;
    return add(name, outputs, {t});
  }
  NetworkDescription logits(const std::string& from) {
    dense("logits", from, classes_);
    last().activation = Activation::none;
    last().delta = false;
    geometry(network_);  // inputs that are too small are refused here
    return std::move(network_);
  }

 private:
  const BuiltinOptions& options_;
  std::uint32_t classes_;
  NetworkDescription network_;
};

TermDescription identity(const std::string& from) {
  TermDescription t;
  t.kind = TermKind::identity, t.from = from;
  return t;
}

NetworkDescription mobilenet_v1(const BuiltinOptions& options) {
  Builder b(options, "mobilenet_v1", {3, 224, 224}, 1000);
  std::string at = b.convolution("conv1", "input", {b.wide(32), 3, b.stem_stride(2)});
  struct Block {
    std::uint32_t outputs, stride;
  };
  constexpr Block blocks[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                              {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  std::uint32_t number = 0;
  for (const Block& block : blocks) {
    ++number;
    at = b.convolution(fmt::format("block{}_depthwise", number), at, {0, 3, block.stride, 0});
    at = b.convolution(fmt::format("block{}_pointwise", number), at, {b.wide(block.outputs), 1});
  }
  return b.logits(b.global_average(at, true));
}

/// A block's second summand: the block's input, through a 1x1 convolution where the shape changes.
TermDescription shortcut(const std::string& from, bool projection, std::uint32_t stride) {
  return projection ? Builder::term(from, {0, 1, stride}) : identity(from);
}

/// Two 3x3 convolutions.
std::string basic_block(Builder& b, const std::string& name, const std::string& from, std::uint32_t outputs,
                        std::uint32_t stride, bool projection) {
  const std::string a = b.convolution(name + "_a", from, {outputs, 3, stride});
  return b.add(name + "_b", outputs, {Builder::term(a, {0, 3}), shortcut(from, projection, stride)});
}

/// 1x1, 3x3, 1x1; the stride is in the first.
std::string bottleneck(Builder& b, const std::string& name, const std::string& from, std::uint32_t width,
                       std::uint32_t stride, bool projection) {
  const std::string reduced = b.convolution(name + "_reduce", from, {width, 1, stride});
  const std::string middle = b.convolution(name + "_middle", reduced, {width, 3});
  return b.add(name + "_expand", 4 * width, {Builder::term(middle, {0, 1}), shortcut(from, projection, stride)});
}

NetworkDescription resnet8(const BuiltinOptions& options) {
  Builder b(options, "resnet8", {3, 32, 32}, 10);
  std::string at = b.convolution("conv1", "input", {b.wide(16), 3, b.stem_stride(1)});
  at = basic_block(b, "stage1", at, b.wide(16), 1, false);
  at = basic_block(b, "stage2", at, b.wide(32), 2, true);
  at = basic_block(b, "stage3", at, b.wide(64), 2, true);
  return b.logits(b.global_average(at, true));
}

/// 7x7 and a max pool: a quarter of the rows and columns.
std::string large_stem(Builder& b) {
  b.convolution("conv1", "input", {b.wide(64), 7, b.stem_stride(2)});
  b.last().max_pool = PoolDescription{3, 2, 1};
  return "conv1";
}

NetworkDescription resnet18(const BuiltinOptions& options) {
  Builder b(options, "resnet18", {3, 224, 224}, 1000);
  std::string at = large_stem(b);
  for (std::uint32_t stage = 0; stage < 4; ++stage)
    for (std::uint32_t block = 0; block < 2; ++block) {
      const bool first = block == 0 && stage > 0;
      at = basic_block(b, fmt::format("stage{}_block{}", stage + 1, block + 1), at, b.wide(64u << stage), first ? 2 : 1,
                       first);
    }
  return b.logits(b.global_average(at, true));
}

NetworkDescription resnet50(const BuiltinOptions& options) {
  Builder b(options, "resnet50", {3, 224, 224}, 101);
  std::string at = large_stem(b);
  constexpr std::uint32_t blocks[] = {3, 4, 6, 3};
  for (std::uint32_t stage = 0; stage < 4; ++stage)
    for (std::uint32_t block = 0; block < blocks[stage]; ++block)
      at = bottleneck(b, fmt::format("stage{}_block{}", stage + 1, block + 1), at, b.wide(64u << stage),
                      block == 0 && stage > 0 ? 2 : 1, block == 0);
  return b.logits(b.dense("hidden", b.global_average(at, false), b.wide(1024)));
}

NetworkDescription pilotnet(const BuiltinOptions& options) {
  Builder b(options, "pilotnet", {3, 66, 200}, 1);
  std::string at = "input";
  const Convolution convolutions[] = {{24, 5, b.stem_stride(2)}, {36, 5, 2}, {48, 5, 2}, {64, 3, 1}, {64, 3, 1}};
  std::uint32_t number = 0;
  for (Convolution c : convolutions) {
    c.outputs = b.wide(c.outputs);
    at = b.convolution(fmt::format("conv{}", ++number), at, c);
    b.last().terms[0].padding = {0, 0};
  }
  for (const std::uint32_t outputs : {100u, 50u, 10u})
    at = b.dense(fmt::format("dense{}", outputs), at, b.wide(outputs));
  return b.logits(at);
}

}  // namespace

NetworkDescription builtin(const BuiltinOptions& options) {
  switch (options.network) {
    case Builtin::mobilenet_v1:
      return mobilenet_v1(options);
    case Builtin::resnet8:
      return resnet8(options);
    case Builtin::resnet18:
      return resnet18(options);
    case Builtin::resnet50:
      return resnet50(options);
    case Builtin::pilotnet:
      break;
  }
  return pilotnet(options);
}

}  // namespace deltasim::models::training
