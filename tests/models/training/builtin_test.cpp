#include "models/training/builtin.hpp"
#include "models/error.hpp"
#include "models/training/accounting.hpp"

#include <doctest/doctest.h>

using namespace deltasim::models;
using namespace deltasim::models::training;

namespace {

LayerAccount total(const BuiltinOptions& options, ThresholdGrain grain = ThresholdGrain::channel) {
  return account(builtin(options), grain).total;
}

BuiltinOptions named(Builtin network, std::uint32_t classes = 0) {
  BuiltinOptions options;
  options.network = network, options.classes = classes;
  return options;
}

}  // namespace

TEST_CASE("ResNet-50 for UCF101 counts what the delta paper prints") {
  const LayerAccount counts = total(named(Builtin::resnet50));
  CHECK(counts.delta_neurons == 9'233'408);
  CHECK(counts.thresholds == 23'747);
  CHECK(counts.macs_padded == doctest::Approx(3858.1e6).epsilon(0.05 / 3858.1));
  CHECK(counts.macs < counts.macs_padded);
  const Memory memory = memory_of(counts, true);
  CHECK(double(memory.normal) == doctest::Approx(25e6).epsilon(0.02));
  CHECK(double(memory.delta) == doctest::Approx(41.4e6).epsilon(0.02));
  CHECK(memory_of(counts, false).normal - memory.normal == 2048u * 1024 + 1024u * 101);
}

TEST_CASE("thresholds by grain: one per layer, channel, neuron") {
  CHECK(total(named(Builtin::resnet50), ThresholdGrain::layer).thresholds == 51);  // input, 49 convolutions, hidden
  // a max pool leaves a quarter of the first layer's neurons to have thresholds
  CHECK(total(named(Builtin::resnet50), ThresholdGrain::neuron).thresholds == 9'233'408 - 64u * 112 * 112 * 3 / 4);
}

TEST_CASE("MobileNet v1 for UCF101 has the paper's MACs") {
  CHECK(total(named(Builtin::mobilenet_v1, 101)).macs_padded == doctest::Approx(567.8e6).epsilon(0.05 / 567.8));
  CHECK(total(named(Builtin::mobilenet_v1)).macs_padded == doctest::Approx(569e6).epsilon(0.001));  // Howard et al.
}

TEST_CASE("the other built-in networks have their published sizes") {
  // convolutions of ResNet-18: 1.814 G; of PilotNet: 27 M "connections", 250 k parameters
  CHECK(total(named(Builtin::resnet18)).macs_padded == doctest::Approx(1.814e9).epsilon(0.001));
  CHECK(total(named(Builtin::resnet18)).weights == doctest::Approx(11.68e6).epsilon(0.001));
  CHECK(total(named(Builtin::pilotnet)).macs == doctest::Approx(27e6).epsilon(0.02));
  CHECK(total(named(Builtin::pilotnet)).weights == doctest::Approx(250e3).epsilon(0.02));
  // 3x3x3x16 at 32x32; 2 x 3x3x16x16; 3x3x16x32, 3x3x32x32, 1x1x16x32 at 16x16; ... at 8x8; dense
  const std::uint64_t stem = 432, one = 2304, two = 4608 + 9216 + 512, three = 18432 + 36864 + 2048;
  CHECK(total(named(Builtin::resnet8)).macs_padded == (stem + 2 * one) * 1024 + two * 256 + three * 64 + 640);
}

TEST_CASE("width, input, classes, stem and activation change a built-in network") {
  BuiltinOptions options = named(Builtin::resnet8, 12);
  options.input = Shape{3, 64, 64};
  options.stem_stride = 2;
  options.width = 0.75;
  options.activation = Activation::relu6;
  const NetworkDescription n = builtin(options);
  const auto layers = geometry(n);
  CHECK(layers[0].output == Shape{12, 32, 32});
  CHECK(layers.back().output == Shape{12, 1, 1});
  CHECK(n.layers[1].activation == Activation::relu6);
  CHECK(n.layers[layers.size() - 2].delta);
  CHECK(total(options).macs_padded < 8e6);
  options.pool_delta = false;
  CHECK_FALSE(builtin(options).layers[layers.size() - 2].delta);
}

TEST_CASE("an input that is too small for a built-in network is refused") {
  BuiltinOptions options = named(Builtin::pilotnet);
  options.input = Shape{3, 32, 32};
  CHECK_THROWS_WITH_AS(builtin(options),
                       "pilotnet: conv4: its kernel of 3 is larger than its padded map of 1; expected a smaller "
                       "kernel, a larger map or more padding",
                       InputError);
  options.network = Builtin::mobilenet_v1;
  CHECK(geometry(builtin(options)).size() == 29);  // same padding: down to one pixel
}
