#pragma once

#include "models/event.hpp"
#include "models/network.hpp"
#include "models/rules.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Activation-delta event streams on disk: docs/trace-format.md.
namespace deltasim::traces {

struct StreamLayer {
  std::string name;
  models::Shape shape;
  bool absolute = false;                   ///< events carry values, not changes
  double step = 1.0;                       ///< real value of an event's value 1
  std::vector<double> channel_steps = {};  ///< the same per channel where they differ; `step` is the largest
};

/// Everything that a stream says about itself.
struct StreamInfo {
  std::string network;              ///< name
  std::string network_hash;         ///< models::Network::hash() of the network that the user gave
  std::vector<StreamLayer> layers;  ///< by LayerId
  models::RuleSet rules;
  bool layer_delay = false;
  double frame_rate = 0.0;  ///< per second, after the frame step
  bool frame_rate_assumed = false;
  std::string source;         ///< Frames::source()
  std::string tool;           ///< program and version
  std::uint64_t outputs = 0;  ///< integer outputs of a frame
  std::uint64_t frames = 0;   ///< known once the stream is finished
};

/// Name, hash, layers, outputs and rule of a network; frame rate, source and tool remain for the caller.
StreamInfo describe_stream(const models::Network& network, const models::RuleSet& rules,
                           const models::StreamTraits& traits);

/// deflate: for files that stay; none: for files that are soon read again: compressing takes a tenth of a simulation's
/// time.
enum class Compression : std::uint8_t { deflate, none };

/// Records frames of events as they come; memory stays at about one chunk per layer and data set.
class StreamWriter {
 public:
  /// Errors: InputError where the file cannot be created.
  StreamWriter(const std::string& path, const StreamInfo& info, Compression compression = Compression::deflate);
  ~StreamWriter();  ///< without finish(): nothing remains on disk
  void append(const models::FrameEvents& frame, std::optional<std::uint32_t> label = std::nullopt);
  void finish();  ///< writes the number of frames and gives the file its name

 private:
  class File;
  std::unique_ptr<File> file_;
};

/// Replays a recorded stream frame by frame.
class StreamReader final : public models::EventSource {
 public:
  /// Errors, here and in next(): InputError naming the data set and what is wrong with it.
  explicit StreamReader(const std::string& path);
  /// The same from a file's bytes in memory; `name` stands for the file in messages.
  static StreamReader from_bytes(const std::string& bytes, const std::string& name);
  StreamReader(StreamReader&&) noexcept;
  ~StreamReader() override;

  const StreamInfo& info() const;
  /// InputError if the stream was recorded with another network: replaying it would compute nonsense.
  void require_network(const std::string& hash, const std::string& name) const;

  bool next(models::FrameEvents& out) override;
  void rewind();
  const models::StreamTraits& traits() const override;
  std::optional<std::uint32_t> label() const;  ///< of the frame that next() gave last

 private:
  class File;
  explicit StreamReader(std::unique_ptr<File> file);
  std::unique_ptr<File> file_;
};

}  // namespace deltasim::traces
