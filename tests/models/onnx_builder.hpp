#pragma once

#include "models/graph.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace deltasim::test {

/// Small ONNX files for tests, built with ONNX's own library. Protobuf stays in the .cpp.
class OnnxBuilder {
 public:
  enum class Type : int { float32 = 1, uint8 = 2, int8 = 3, int32 = 6, int64 = 7, float16 = 10, float64 = 11 };
  using Dims = std::vector<std::int64_t>;
  using Names = std::vector<std::string>;

  /// Attributes of the node added last.
  class Node {
   public:
    explicit Node(void* node) : node_(node) {}
    Node& set(const std::string& name, std::int64_t value);
    Node& set(const std::string& name, int value) { return set(name, std::int64_t{value}); }
    Node& set(const std::string& name, float value);
    Node& list(const std::string& name, const Dims& values);
    Node& set(const std::string& name, const std::string& value);
    Node& set(const std::string& name, const char* value) { return set(name, std::string(value)); }

   private:
    void* node_;
  };

  explicit OnnxBuilder(std::int64_t opset = 13);
  OnnxBuilder(OnnxBuilder&& other) noexcept;
  ~OnnxBuilder();

  /// A dimension of -1 is symbolic, -2 is missing.
  OnnxBuilder& input(const std::string& name, const Dims& dims, Type type = Type::float32);
  OnnxBuilder& output(const std::string& name);
  /// `raw`: as bytes, else in the field of the type.
  OnnxBuilder& constant(const std::string& name, const Dims& dims, const std::vector<double>& values,
                        Type type = Type::float32, bool raw = true);
  OnnxBuilder& missing(const std::string& name, const Dims& dims);  ///< stored in a file that does not exist
  Node node(const std::string& op, const Names& inputs, const Names& outputs, const std::string& name = "");

  std::string bytes() const;
  models::Graph import(std::optional<models::Shape> frame = std::nullopt) const;
  /// Text of the InputError that the import ends with; empty where there is none.
  std::string refusal() const;

  /// Every file that a test imports is kept in this folder, too: seeds of the fuzz target.
  static void keep_in(const std::string& folder);

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

/// Values 0, 1, 2, ...
std::vector<double> counting(std::size_t count, double from = 0.0);

/// Input x of 1 x 2 x 4 x 4, output y and weights w of a 3 x 3 convolution that keeps the shape; no nodes yet.
OnnxBuilder input_and_kernel();

/// The layer of this name; fails the test where there is none.
const models::GraphLayer& layer(const models::Graph& graph, const std::string& name);

}  // namespace deltasim::test
