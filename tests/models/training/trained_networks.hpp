#pragma once

#include "models/training/trained_network.hpp"

#include <cstdint>

/// Small trained networks with random numbers, for tests of what leaves a training.
namespace deltasim::test {

/// Depthwise and pointwise convolutions, max pool, global average with its own steps, dense logits; ReLU6.
models::training::NetworkDescription mobile_description();
/// Residual blocks (with and without a convolution on the shortcut), two dense layers; ReLU, one signed sum.
models::training::NetworkDescription residual_description();
/// The mobile one, whose pool passes on whole codes of its input.
models::training::NetworkDescription plain_pool_description();

/// Weights and normalisations that use the codes; steps per channel within a factor `spread`, or one per layer where it
/// is 1; of an 8-bit code of activations up to about 3.
models::training::TrainedNetwork random_trained(const models::training::NetworkDescription& description,
                                                std::uint32_t seed, double spread);

/// Frames of pixels 0..255.
std::vector<std::vector<float>> pixel_frames(const models::Shape& shape, std::size_t count, std::uint32_t seed);

}  // namespace deltasim::test
