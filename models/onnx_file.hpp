#pragma once

#include "models/onnx_tensor.hpp"

#include <map>
#include <optional>

namespace deltasim::models::onnx {

struct Attribute {
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::string text;
  std::shared_ptr<const Tensor> tensor;
};

struct Node {
  std::string op;    ///< with its domain where that is not ONNX's own: com.microsoft.QLinearAdd
  std::string name;  ///< never empty: the first output's name where the file gives none
  std::vector<std::string> inputs, outputs;
  std::map<std::string, Attribute> attributes;
  std::size_t index = 0;

  bool has_input(std::size_t i) const { return i < inputs.size() && !inputs[i].empty(); }
  std::int64_t integer(const std::string& attribute, std::int64_t otherwise) const;
  double real(const std::string& attribute, double otherwise) const;
  std::string text(const std::string& attribute, const std::string& otherwise) const;
  std::optional<std::vector<std::int64_t>> integers(const std::string& attribute) const;
};

std::string place(const Node& node);
[[noreturn]] void fail(const Node& node, const std::string& problem, const std::string& remedy = "");

struct ValueInfo {
  std::string name;
  ElementType type = ElementType::real;
  Dims dims;  ///< -1: symbolic or missing
};

/// What a file says, without protobuf.
struct File {
  std::string graph_name;
  std::int64_t opset = 0;
  std::vector<Node> nodes;  ///< in the file's order, which is topological
  std::map<std::string, std::shared_ptr<const Tensor>> initialisers;
  std::vector<ValueInfo> inputs;  ///< initialisers are not among them
  std::vector<ValueInfo> outputs;
};

/// `folder`: where tensors that are stored outside the file are looked for; nullopt: nowhere.
File read_file(const std::string& bytes, const std::optional<std::string>& folder);

}  // namespace deltasim::models::onnx
