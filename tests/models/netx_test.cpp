#include "models/error.hpp"
#include "models/graph.hpp"
#include "tests/support/data.hpp"
#include "tests/support/npy.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace deltasim::models;
using deltasim::test::data_file;
using deltasim::test::TemporaryFolder;

namespace {

/// Writes small netx files: an input of 2 x 3 x 4, a convolution of 3 channels, flatten, dense.
class NetxWriter {
 public:
  explicit NetxWriter(const std::string& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {}
  ~NetxWriter() { H5Fclose(file_); }
  NetxWriter(const NetxWriter&) = delete;
  NetxWriter& operator=(const NetxWriter&) = delete;

  void numbers(const std::string& name, const std::vector<hsize_t>& extents, const std::vector<double>& values) {
    const hid_t space = extents.empty() ? H5Screate(H5S_SCALAR)
                                        : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
    write(name, H5T_IEEE_F32LE, H5T_NATIVE_DOUBLE, space, values.data());
  }
  void text(const std::string& name, const std::string& value) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, value.size());
    write(name, type, type, H5Screate(H5S_SCALAR), value.c_str());
    H5Tclose(type);
  }
  void neuron(int layer, double threshold) {
    const std::string at = "layer/" + std::to_string(layer) + "/neuron/";
    text(at + "type", "SDNN");
    text(at + "activation", "relu");
    numbers(at + "vThMant", {}, {threshold});
  }
  /// A data set of so many values, none of which is stored.
  void claim(const std::string& name, hsize_t count) {
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    H5Dclose(H5Dcreate2(file_, name.c_str(), H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
  }
  void remove(const std::string& name) { H5Ldelete(file_, name.c_str(), H5P_DEFAULT); }

 private:
  void write(const std::string& name, hid_t stored, hid_t given, hid_t space, const void* values) {
    const hid_t groups = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(groups, 1);
    const hid_t set = H5Dcreate2(file_, name.c_str(), stored, space, groups, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(groups);
  }
  hid_t file_;
};

double weight(std::size_t i) { return static_cast<double>(i % 37) - 18; }

std::vector<double> ramp(std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = weight(i);
  return values;
}

void write_small(NetxWriter& w) {
  w.text("layer/0/type", "input");
  w.numbers("layer/0/shape", {3}, {2, 3, 4});
  w.neuron(0, 5);
  w.text("layer/1/type", "conv");
  w.numbers("layer/1/shape", {3}, {3, 3, 2});
  w.numbers("layer/1/inChannels", {}, {2});
  w.numbers("layer/1/outChannels", {}, {3});
  w.numbers("layer/1/kernelSize", {2}, {3, 2});
  w.numbers("layer/1/stride", {2}, {1, 2});
  w.numbers("layer/1/padding", {2}, {1, 0});
  w.numbers("layer/1/dilation", {2}, {1, 1});
  w.numbers("layer/1/groups", {}, {1});
  w.numbers("layer/1/weight", {3, 2, 3, 2}, ramp(36));
  w.numbers("layer/1/bias", {3}, {1, -2, 3});
  w.neuron(1, 7);
  w.text("layer/2/type", "flatten");
  w.numbers("layer/2/shape", {3}, {18, 1, 1});
  w.text("layer/3/type", "dense");
  w.numbers("layer/3/shape", {1}, {2});
  w.numbers("layer/3/inFeatures", {}, {18});
  w.numbers("layer/3/outFeatures", {}, {2});
  w.numbers("layer/3/weight", {2, 18}, ramp(36));
  w.neuron(3, 0);
  w.numbers("layer/3/neuron/sigma_output", {}, {1});
}

/// The text of the error that importing the small network gives after `change`.
std::string error_after(const std::function<void(NetxWriter&)>& change) {
  const TemporaryFolder folder;
  const std::string path = folder / "small.net";
  {
    NetxWriter writer(path);
    write_small(writer);
    change(writer);
  }
  try {
    import_netx(path);
  } catch (const InputError& error) {
    const std::string text = error.what();
    REQUIRE(text.rfind(path + ": ", 0) == 0);
    return text.substr(path.size() + 2);
  }
  return "no error";
}

/// Direct evaluation of a branch on a row-major C, H, W input, by the layout that network.hpp promises.
std::vector<std::int64_t> sums(const Branch& b, const Shape& out, const std::vector<std::int64_t>& in) {
  const std::uint32_t ic = b.input.channels / b.groups, oc = out.channels / b.groups;
  std::vector<std::int64_t> result(out.size());
  for (std::uint32_t o = 0; o < out.channels; ++o)
    for (std::uint32_t y = 0; y < out.height; ++y)
      for (std::uint32_t x = 0; x < out.width; ++x)
        for (std::uint32_t ky = 0; ky < b.window.kernel_h; ++ky)
          for (std::uint32_t kx = 0; kx < b.window.kernel_w; ++kx) {
            const std::int64_t iy = std::int64_t{y} * b.window.stride_h - b.window.pad_top + ky;
            const std::int64_t ix = std::int64_t{x} * b.window.stride_w - b.window.pad_left + kx;
            if (iy < 0 || ix < 0 || iy >= b.input.height || ix >= b.input.width) continue;
            for (std::uint32_t i = 0; i < ic; ++i) {
              const std::size_t channel = std::size_t{o / oc} * ic + i;
              const std::size_t from = (channel * b.input.height + iy) * b.input.width + ix;
              const std::size_t tap =
                  ((std::size_t{o / oc} * b.window.kernel_h + ky) * b.window.kernel_w + kx) * ic + i;
              result[(std::size_t{o} * out.height + y) * out.width + x] += b.weights[tap * oc + o % oc] * in[from];
            }
          }
  return result;
}

/// Loihi's sigma-delta on a chain of layers with one step of delay each; returns the output of every step.
struct SigmaDeltaChain {
  const Network& network;
  std::vector<std::vector<std::int64_t>> sigma, act, residue, message;

  explicit SigmaDeltaChain(const Network& n) : network(n) {
    for (const Layer& layer : n.layers)
      for (auto* state : {&sigma, &act, &residue, &message}) state->emplace_back(layer.output.size(), 0);
  }
  void step(const std::vector<std::int64_t>& input) {
    const auto sent = message;
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const Layer& layer = network.layers[l];
      if (l > 0) {
        const std::vector<std::int64_t> in = sums(layer.branches[0], layer.output, sent[l - 1]);
        for (std::size_t i = 0; i < in.size(); ++i) sigma[l][i] += in[i];
      }
      for (std::size_t i = 0; i < layer.output.size(); ++i) fire(l, i, l == 0 ? &input : nullptr);
    }
  }
  void fire(std::size_t l, std::size_t i, const std::vector<std::int64_t>* input) {
    const Layer& layer = network.layers[l];
    std::int64_t a = 0;
    if (input != nullptr) {
      a = (*input)[i];
    } else {
      const std::vector<std::int32_t>& bias = layer.branches[0].bias;
      a = std::max<std::int64_t>(sigma[l][i] + (bias.empty() ? 0 : bias[i / layer.output.pixels()]), 0);
    }
    const std::int64_t d = a - act[l][i] + residue[l][i];
    const std::int64_t fired = std::abs(d) >= network.sigma_delta.threshold[l] ? d : 0;
    residue[l][i] = d - fired;
    act[l][i] = a;
    message[l][i] = fired >> network.sigma_delta.message_shift;
  }
};

/// (W, H, C, T) of the vectors to (C, H, W) of one step.
std::vector<std::int64_t> at_step(const deltasim::test::Npy& array, std::size_t t) {
  const std::size_t w = array.extents[0], h = array.extents[1], c = array.extents[2], steps = array.extents[3];
  std::vector<std::int64_t> result;
  for (std::size_t k = 0; k < c; ++k)
    for (std::size_t y = 0; y < h; ++y)
      for (std::size_t x = 0; x < w; ++x)
        result.push_back(static_cast<std::int64_t>(array.values[((x * h + y) * c + k) * steps + t]));
  return result;
}

}  // namespace

TEST_CASE("netx: weights, biases and thresholds land where the integer network wants them") {
  const TemporaryFolder folder;
  {
    NetxWriter writer(folder / "small.net");
    write_small(writer);
  }
  const Network network = import_netx(folder / "small.net");
  REQUIRE(network.layers.size() == 3);
  CHECK(network.name == "small");
  CHECK(network.layers[1].name == "layer/1");
  CHECK(network.layers[1].output == Shape{3, 3, 2});
  CHECK(network.sigma_delta.threshold == std::vector<std::int32_t>{5 << 12, 7 << 12, 0});
  const Branch& conv = network.layers[1].branches[0];
  CHECK(conv.bias == std::vector<std::int32_t>{1 << 12, -(2 << 12), 3 << 12});
  CHECK(conv.window.pad_top == 1);
  CHECK(conv.window.stride_w == 2);
  // file: (out 2, in 1, ky 2, kx 0); network: [ky][kx][in][out]
  CHECK(conv.weights[((2 * 2 + 0) * 2 + 1) * 3 + 2] == weight(((2 * 2 + 1) * 3 + 2) * 2 + 0));
  const Branch& dense = network.layers[2].branches[0];
  CHECK(dense.input == Shape{3, 3, 2});
  // feature (c 1, y 2, x 1) of the flattened vector is 1 * 6 + 2 * 2 + 1
  CHECK(dense.weights[((2 * 2 + 1) * 3 + 1) * 2 + 1] == weight(18 + 11));
  CHECK(dense.bias.empty());
  CHECK(network.layers[2].raw_output);
  CHECK(network.outputs[0].dims == std::vector<std::uint32_t>{2});
  CHECK(network.layers[1].accumulator_bits == 24);
  CHECK(network.layers[2].accumulator_bits == 32);
}

TEST_CASE("netx: messages name the data set, what is wrong and what would be right") {
  CHECK(error_after([](NetxWriter&) {}) == "no error");
  CHECK(error_after([](NetxWriter& w) { w.remove("layer/1/weight"); }) ==
        "layer/1/weight: data set is missing; expected a data set of that name");
  CHECK(error_after([](NetxWriter& w) { w.remove("layer/2"); }) == "layer/2: layer is missing; expected layers 0 to 2");
  CHECK(error_after([](NetxWriter& w) {
          w.remove("layer/2/type");
          w.text("layer/2/type", "unpool");
        }) == "layer/2/type: layer type 'unpool' is not supported; expected input, conv, dense or flatten");
  CHECK(error_after([](NetxWriter& w) {
          w.remove("layer/1/weight");
          w.numbers("layer/1/weight", {3, 2, 2, 2}, ramp(24));
        }) == "layer/1/weight: extents [3, 2, 2, 2]; expected [3, 2, 3, 2]");
  CHECK(error_after([](NetxWriter& w) {
          w.remove("layer/3/weight");
          auto values = ramp(36);
          values[4] = 1.5;
          w.numbers("layer/3/weight", {2, 18}, values);
        }) == "layer/3/weight: value 1.5 at element 4; expected integers from -128 to 127");
  CHECK(error_after([](NetxWriter& w) {
          w.remove("layer/1/bias");
          w.numbers("layer/1/bias", {3}, {1, std::nan(""), 2});
        }).find("layer/1/bias: value nan at element 1; expected integers from") == 0);
  CHECK(error_after([](NetxWriter& w) {
          w.remove("layer/1/shape");
          w.numbers("layer/1/shape", {3}, {3, 3, 3});
        }) == "layer/1/shape: 3 x 3 x 3; the layers before it give 3 x 3 x 2");
  CHECK(error_after([](NetxWriter& w) {
          w.remove("layer/1/neuron/type");
          w.text("layer/1/neuron/type", "LOIHI");
        }) == "layer/1/neuron/type: neuron 'LOIHI' is not supported; expected SDNN (sigma-delta)");
  CHECK(error_after([](NetxWriter& w) {
          w.remove("layer/0/type");
          w.text("layer/0/type", std::string(1 << 17, 'x'));
        }) == "layer/0/type: a text of 131072 bytes; expected a complete file");
  CHECK(error_after([](NetxWriter& w) {
          w.remove("layer/1/bias");
          w.claim("layer/1/bias", 1 << 28);
        }) == "layer/1/bias: claims more values than its file can hold; expected a complete file");
  CHECK(error_after([](NetxWriter& w) { w.remove("layer/3/neuron/sigma_output"); }) ==
        "layer/3/neuron/sigma_output: the last layer sends messages instead of sums; expected sigma_output true");
}

TEST_CASE("netx: a file that is missing, of another format, or cut off") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(import_netx(folder / "none.net"),
                       (folder / "none.net" + ": no such file; expected a readable HDF5 file").c_str(), InputError);
  std::ofstream(folder / "text.net") << "not a network";
  CHECK_THROWS_WITH_AS(import_netx(folder / "text.net"),
                       (folder / "text.net" + ": byte 0: not an HDF5 file; expected the HDF5 signature").c_str(),
                       InputError);
  {
    NetxWriter writer(folder / "cut.net");
    write_small(writer);
  }
  const auto half = std::filesystem::file_size(folder / "cut.net") / 2;
  std::filesystem::resize_file(folder / "cut.net", half);
  const std::string text = folder / "cut.net" + ": cannot be opened as HDF5: cut off or damaged (" +
                           std::to_string(half) + " bytes); expected a complete file";
  CHECK_THROWS_WITH_AS(import_netx(folder / "cut.net"), text.c_str(), InputError);
}

TEST_CASE("netx: PilotNet reproduces its published vectors bit for bit") {
  const auto path = data_file("golden/pilotnet_sdnn/network.net");
  if (!path) {
    MESSAGE("skipped: golden/pilotnet_sdnn is not there");
    return;
  }
  const Network network = import_netx(*path);
  auto input = at_step(deltasim::test::read_npy(*data_file("golden/pilotnet_sdnn/input.npy")), 0);
  for (std::int64_t& code : input) code *= 1 << network.input.shift;
  const auto messages = deltasim::test::read_npy(*data_file("golden/pilotnet_sdnn/act0.npy"));
  const auto sigma = deltasim::test::read_npy(*data_file("golden/pilotnet_sdnn/sigma1.npy"));
  const auto output = deltasim::test::read_npy(*data_file("golden/pilotnet_sdnn/output.npy"));
  SigmaDeltaChain chain(network);
  for (std::size_t t = 0; t < 9; ++t) {
    chain.step(input);
    CAPTURE(t);
    CHECK(chain.message[0] == at_step(messages, t));
    CHECK(chain.sigma[1] == at_step(sigma, t));
    CHECK(chain.sigma.back() == std::vector<std::int64_t>{static_cast<std::int64_t>(output.values[t])});
  }
}

TEST_CASE("netx: the 66 x 200 PilotNet has its known size") {
  const auto path = data_file("networks/pilotnet_sdnn_66x200.net");
  if (!path) {
    MESSAGE("skipped: networks/pilotnet_sdnn_66x200.net is not there");
    return;
  }
  const Network network = import_netx(*path);
  std::uint64_t macs = 0, padded = 0;
  for (const Layer& layer : network.layers)
    for (const Branch& branch : layer.branches) {
      macs += dense_macs(branch, layer.output);
      padded += branch.weights.size() * layer.output.pixels();
    }
  CHECK(padded == 14'550'054);  // 14.55 M with the padding of its fourth convolution
  CHECK(macs == padded - 2u * 22 * 3 * 48 * 64);
}
