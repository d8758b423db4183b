#pragma once

#include "models/graph.hpp"
#include "models/onnx_reindex.hpp"

namespace deltasim::models::onnx {

/// A layer's whole output as part of a map, stacked over channels.
struct Part {
  LayerId layer = 0;
  std::uint32_t channel_offset = 0;
};

/// One element of a re-indexed tensor.
struct Element {
  static constexpr LayerId zero = 0xffffffffu;
  LayerId layer = zero;
  std::uint32_t index = 0;  ///< in the layer's output, row-major C, H, W
};

/// Zero rows and columns around a map that its consumer's window takes over.
struct Edges {
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;
  bool any() const { return top != 0 || left != 0 || bottom != 0 || right != 0; }
};

/// A tensor of the network that is no constant, in terms of the layers that make it: either layers stacked over
/// channels (`parts`, in a row-major `map` that `dims` may fold otherwise), or single elements (`elements`).
struct Activation {
  Dims dims;  ///< with the batch, as the file has it
  Shape map;
  std::vector<Part> parts;
  std::shared_ptr<const std::vector<Element>> elements;
  Edges edges;            ///< in `dims`, not in `map`
  bool exclusive = true;  ///< nobody else sees what its layers make
  bool codes = false;     ///< integers of a quantised tensor
  OutputActivation activation = OutputActivation::none;
  std::string activation_place;
  std::string joined_by;  ///< name of the Concat node, should it become a layer

  bool plain() const { return !elements && !edges.any(); }
};

/// A layer while nodes are still being fused into it.
struct Draft {
  GraphLayer layer;
  std::vector<std::size_t> order;  ///< of the branches: index of the node that made it
  std::string node_name;
  std::string place;      ///< of the node, for faults
  bool absorbed = false;  ///< its branches moved into another layer
};

/// The layer of a node that is a branch of its own, until others are fused into it.
Draft draft_of(const Node& node, GraphBranch branch, const Shape& output);

/// The layers found so far, and what tensors are in terms of them.
class Drafts {
 public:
  std::vector<Draft> layers;

  /// A new layer and the tensor that it makes. Faults where the shape is beyond what a simulation addresses.
  Activation add(Draft draft, const Dims& dims);
  /// Where a consumer that sees the tensor as a map `as` finds its input.
  std::vector<Source> sources(const Activation& value, const Shape& as);
  /// The map that a layer consuming the tensor sees.
  Shape map_of(const Activation& value) const;
  Activation reindexed(const Activation& value, const Reindexed& to);
  /// Pending edges become elements.
  Activation settled(const Activation& value);
  Activation joined(const std::vector<Activation>& values, std::size_t axis, const Dims& dims);
  /// Counts index maps and the like against what a network may have in all: a small file can ask for any amount.
  void spend(std::uint64_t elements);

 private:
  std::vector<Element> elements(const Activation& value);
  Activation simplified(Activation value) const;
  Activation stacked(Activation result, const std::vector<Activation>& values);
  Activation interleaved(Activation result, const std::vector<Activation>& values, std::size_t outer);

  std::uint64_t spent_ = 0, weights_ = 0;
};

}  // namespace deltasim::models::onnx
