#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// Reading ONNX networks. Internal to the importer: others use models/graph.hpp.
namespace deltasim::models::onnx {

/// The file is at fault; import_onnx turns it into an InputError that names the file.
struct Fault {
  std::string place, problem, remedy;
};

using Dims = std::vector<std::int64_t>;

enum class ElementType : std::uint8_t { real, boolean, int8, uint8, int16, uint16, int32, uint32, int64, unsupported };

inline bool is_integer(ElementType type) { return type != ElementType::real && type != ElementType::unsupported; }

/// The integers behind a dequantised constant: value = code * scale.
struct StoredCodes {
  std::vector<std::int32_t> codes;  ///< in the order of the tensor's values
  std::vector<double> scale;        ///< one, or one for each index of `axis`
  std::int64_t axis = 0;            ///< only meaningful with several scales
};

/// A constant. Doubles hold every float and every integer that occurs in networks exactly.
struct Tensor {
  std::string name;
  Dims dims;
  ElementType type = ElementType::real;
  std::vector<double> values;
  bool missing = false;  ///< stored in another file that is not there: shape only
  std::shared_ptr<const StoredCodes> stored;
  bool derived = false;  ///< calculated from such integers
};

/// Elements of a tensor of these dimensions. Faults (naming `place`) where a dimension is negative or the whole is
/// larger than any network that can be simulated, so that no size in a file is ever allocated unchecked.
std::uint64_t element_count(const Dims& dims, const std::string& place);
std::string text(const Dims& dims);

/// Faults where a value is NaN or infinite.
void require_finite(const Tensor& tensor);

/// `axis` counted from the front; faults where the tensor has no such axis.
std::size_t front_axis(std::int64_t axis, std::size_t rank, const std::string& place);

}  // namespace deltasim::models::onnx
