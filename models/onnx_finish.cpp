#include "models/onnx_finish.hpp"

#include "models/onnx_fuse.hpp"
#include "models/onnx_quant.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace deltasim::models::onnx {
namespace {

constexpr LayerId none = 0xffffffffu;

/// Layers that lead to an output, and those whose result another layer reads.
struct Use {
  std::vector<bool> live, read;
};

Use use(const Drafts& drafts, const std::vector<Result>& results) {
  Use found;
  found.live.assign(drafts.layers.size(), false);
  found.read.assign(drafts.layers.size(), false);
  for (const Result& result : results)
    for (const Part& part : result.value.parts) found.live[part.layer] = true;
  found.live[0] = true;
  for (std::size_t l = drafts.layers.size(); l-- > 0;) {  // producers come before their consumers
    if (!found.live[l]) continue;
    for (const GraphBranch& branch : drafts.layers[l].layer.branches)
      for (const Source& source : branch.sources) found.live[source.producer] = found.read[source.producer] = true;
  }
  return found;
}

/// Windows that all lie inside the input: the divisor is their size.
bool constant_divisor(const GraphBranch& branch, const Shape& output) {
  if (branch.pool_divisor != 0) return true;
  const Window& w = branch.window;
  const auto end = [](std::uint32_t outputs, std::uint32_t stride, std::uint32_t kernel, std::uint32_t dilation) {
    return std::uint64_t{outputs - 1} * stride + std::uint64_t{kernel - 1} * dilation + 1;
  };
  return w.pad_top == 0 && w.pad_left == 0 &&
         end(output.height, w.stride_h, w.kernel_h, w.dilation_h) <= branch.input.height &&
         end(output.width, w.stride_w, w.kernel_w, w.dilation_w) <= branch.input.width;
}

/// Its accumulators, in one unit per channel, are the network's result.
bool can_be_raw(const GraphLayer& layer) {
  if (layer.branches.size() != 1 || layer.quant || !std::isinf(layer.low) || !std::isinf(layer.high)) return false;
  const GraphBranch& branch = layer.branches.front();
  if (branch.kind == BranchKind::average_pool) return constant_divisor(branch, layer.output);
  return branch.kind != BranchKind::max_pool;
}

/// A layer that only passes on what `layer` sends.
LayerId raw_copy(Drafts& drafts, LayerId layer) {
  Draft copy;
  const Draft& original = drafts.layers[layer];
  copy.node_name = original.node_name + "_output";
  copy.place = original.place;
  copy.layer.output = original.layer.output;
  copy.layer.raw_output = true;
  GraphBranch branch;
  branch.kind = BranchKind::identity;
  branch.name = copy.node_name;
  branch.input = copy.layer.output;
  branch.sources = {{layer, {}}};
  copy.layer.branches.push_back(std::move(branch));
  copy.order.push_back(0);
  drafts.layers.push_back(std::move(copy));
  return static_cast<LayerId>(drafts.layers.size() - 1);
}

/// One map per raw layer, to the flat output.
std::vector<Source> output_sources(Drafts& drafts, const Activation& value) {
  const Activation settled = drafts.settled(value);
  const Shape as = settled.elements ? Shape{static_cast<std::uint32_t>(settled.elements->size()), 1, 1} : settled.map;
  std::vector<Source> sources = drafts.sources(settled, as);
  for (Source& source : sources) {
    if (source.view.map || source.view.channel_offset == 0) continue;
    drafts.spend(drafts.layers[source.producer].layer.output.size());
    std::vector<std::uint32_t> map(drafts.layers[source.producer].layer.output.size());
    for (std::uint32_t e = 0; e < map.size(); ++e)
      map[e] = source.view.channel_offset * static_cast<std::uint32_t>(as.pixels()) + e;
    source.view = {0, std::make_shared<const std::vector<std::uint32_t>>(std::move(map))};
  }
  return sources;
}

std::vector<Output> outputs(Drafts& drafts, const std::vector<Result>& results) {
  const Use used = use(drafts, results);
  std::map<LayerId, LayerId> copies;
  std::vector<Output> made;
  for (const Result& result : results) {
    Output output;
    output.name = result.name;
    const Dims& dims = result.value.dims;
    for (std::size_t d = !dims.empty() && dims[0] == 1 ? 1 : 0; d < dims.size(); ++d)
      output.dims.push_back(static_cast<std::uint32_t>(dims[d]));
    output.sources = output_sources(drafts, result.value);
    if (output.sources.empty())
      throw Fault{"output '" + result.name + "'", "holds nothing but zeros", "a layer's result"};
    for (Source& source : output.sources) {
      const LayerId layer = source.producer;
      if (!used.read[layer] && can_be_raw(drafts.layers[layer].layer)) {
        drafts.layers[layer].layer.raw_output = true;
        continue;
      }
      if (copies.count(layer) == 0) copies[layer] = raw_copy(drafts, layer);
      source.producer = copies[layer];
    }
    made.push_back(std::move(output));
  }
  return made;
}

void name_layers(std::vector<GraphLayer>& layers) {
  std::set<std::string> taken;
  std::map<std::string, int> copies;
  for (GraphLayer& layer : layers) {
    const std::string wanted = layer.name;
    while (!taken.insert(layer.name).second) layer.name = wanted + "#" + std::to_string(++copies[wanted] + 1);
  }
}

std::string name_of(const Draft& draft) {
  for (const GraphBranch& branch : draft.layer.branches)
    if (branch.kind == BranchKind::convolution) return branch.name;
  return draft.node_name;
}

}  // namespace

Graph finish(Drafts& drafts, const std::vector<Result>& results) {
  Graph graph;
  graph.outputs = outputs(drafts, results);
  for (const Result& result : results) graph.output_activation.push_back(result.value.activation);
  std::vector<Result> wanted = results;
  for (const Output& output : graph.outputs) {
    Result result;
    for (const Source& source : output.sources) result.value.parts.push_back({source.producer, 0});
    wanted.push_back(result);
  }
  const Use used = use(drafts, wanted);
  for (std::size_t l = 0; l < drafts.layers.size(); ++l)
    if (!used.live[l]) drafts.layers[l].absorbed = true;
  graph.quantised = complete_quantisation(drafts);
  std::vector<LayerId> number(drafts.layers.size(), none);
  for (std::size_t l = 0; l < drafts.layers.size(); ++l) {
    Draft& draft = drafts.layers[l];
    if (draft.absorbed) continue;
    number[l] = static_cast<LayerId>(graph.layers.size());
    draft.layer.name = name_of(draft);
    for (GraphBranch& branch : draft.layer.branches) {
      graph.weights_missing = graph.weights_missing || branch.weights_missing;
      for (Source& source : branch.sources) source.producer = number[source.producer];
    }
    graph.layers.push_back(std::move(draft.layer));
  }
  for (Output& output : graph.outputs)
    for (Source& source : output.sources) source.producer = number[source.producer];
  name_layers(graph.layers);
  return graph;
}

}  // namespace deltasim::models::onnx
