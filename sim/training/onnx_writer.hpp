#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace deltasim::sim {

/// A float convolution or dense layer as it goes into the file.
struct ConvolutionWeights {
  std::int64_t outputs = 0, inputs_of_group = 0, kernel = 1;  ///< square kernels
  std::int64_t stride = 1, groups = 1;                        ///< padding is kernel / 2 on each side
  std::vector<float> weights;                                 ///< [output][input of the group][ky][kx]
  std::vector<float> bias;
};

/// Writes an ONNX network (opset 13, batch 1, NCHW) node by node. Each function returns the name of its result.
class OnnxWriter {
 public:
  OnnxWriter(const std::string& name, std::int64_t channels, std::int64_t height, std::int64_t width);
  ~OnnxWriter();

  std::string input() const;
  std::string convolution(const std::string& name, const std::string& from, const ConvolutionWeights& layer);
  std::string relu(const std::string& from);
  std::string add(const std::string& name, const std::string& a, const std::string& b);
  std::string max_pool(const std::string& name, const std::string& from, std::int64_t size);
  std::string global_average_pool(const std::string& name, const std::string& from);
  std::string dense(const std::string& name, const std::string& from, const ConvolutionWeights& layer);
  void output(const std::string& from, std::int64_t size);
  void metadata(const std::string& key, const std::string& value);
  /// Throws std::runtime_error where the file cannot be written.
  void save(const std::string& path) const;

 private:
  class Model;
  std::unique_ptr<Model> model_;
};

}  // namespace deltasim::sim
