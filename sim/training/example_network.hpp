#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

/// The network of the default example. Heavy header: only the training program includes it.
namespace deltasim::sim {

inline constexpr std::int64_t example_side = 96;  ///< pixels of its square input

/// Convolution, batch normalisation.
struct NormalisedConvolution : torch::nn::Module {
  NormalisedConvolution(std::int64_t inputs, std::int64_t outputs, std::int64_t kernel, std::int64_t stride,
                        std::int64_t groups);
  torch::Tensor forward(const torch::Tensor& x) { return normalisation(convolution(x)); }

  torch::nn::Conv2d convolution{nullptr};
  torch::nn::BatchNorm2d normalisation{nullptr};
};

/// What one tensor sends when it changes: its values and the MACs that one whole dense tensor causes downstream.
struct SentTensor {
  std::string name;
  torch::Tensor values;
  double macs = 0.0;
};

/// Stem, a depthwise separable block, max pool, a residual block, another separable block, global average pool.
struct ExampleNetwork : torch::nn::Module {
  explicit ExampleNetwork(std::int64_t classes);
  /// @param x  RGB / 255, N x 3 x 96 x 96
  torch::Tensor forward(torch::Tensor x);
  /// What the layers sent in the last forward pass, in network order; the input first.
  const std::vector<SentTensor>& sent() const { return sent_; }
  /// Writes it as ONNX with batch normalisation and the division by 255 folded into the convolutions, so that pixels go
  /// in as they are, 0..255.
  void write(const std::string& path, const std::vector<std::pair<std::string, std::string>>& metadata);

 private:
  torch::Tensor send(const std::string& name, const torch::Tensor& values, double macs);

  std::shared_ptr<NormalisedConvolution> stem_, depthwise1_, pointwise1_, residual_a_, residual_b_, down1_, depthwise2_,
      pointwise2_, down2_;
  torch::nn::Linear classifier_{nullptr};
  std::vector<SentTensor> sent_;
};

}  // namespace deltasim::sim
