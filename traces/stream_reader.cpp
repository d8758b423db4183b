#include "models/error.hpp"
#include "traces/stream_info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace deltasim::traces {

using models::DeltaEvent;
using models::InputError;

namespace {

constexpr const char* complete = "a complete file that `deltasim record` wrote";

/// HDF5's older metadata has no checksums: the library reads damaged bytes of it beyond their ends. Refused unread.
/// `head`: the file's first bytes; too few of them are left to HDF5.
void require_checksums(const std::string& name, const std::string& head) {
  constexpr std::size_t version_at = 8;
  if (head.size() <= version_at) return;
  if (head.compare(0, version_at, "\x89HDF\r\n\x1a\n") != 0)
    throw InputError(name, "byte 0", "is not an HDF5 file", complete);
  if (static_cast<unsigned char>(head[version_at]) < 2)
    throw InputError(name, "byte 8", "is an HDF5 file whose metadata has no checksums (format of HDF5 1.6)",
                     "a file that `deltasim record` wrote, or one in the format of HDF5 1.10 or later");
}

std::string head_of(const std::string& path) {
  std::string head(16, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  return head;
}

/// A data set of integers, read in order through a window. Nothing in the file is trusted.
template <class T>
class Column {
 public:
  Column(const H5Object& file, const std::string& name, const std::string& path, hid_t memory, hsize_t width = 1)
      : name_(name), path_(path), memory_(memory), width_(width) {
    H5L_info_t link{};
    if (H5Lexists(file.id(), path.c_str(), H5P_DEFAULT) <= 0 ||
        H5Lget_info(file.id(), path.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
      fail("data set is missing");
    const H5Object access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    H5Pset_chunk_cache(access.id(), 1, std::size_t{1} << 18, 1.0);
    set_ = H5Object(H5Dopen2(file.id(), path.c_str(), access.id()), H5Dclose);
    if (!set_.valid()) fail("is damaged or no data set");
    read_extent();
    check_storage();
  }

  std::uint64_t rows() const { return rows_; }
  void rewind() { next_ = window_begin_ = window_end_ = 0; }

  T take() {
    if (next_ == window_end_) refill();
    return window_[next_++ - window_begin_];
  }

  [[noreturn]] void fail(const std::string& problem) const { throw InputError(name_, path_, problem, complete); }

 private:
  void read_extent() {
    const H5Object space(H5Dget_space(set_.id()), H5Sclose), type(H5Dget_type(set_.id()), H5Tclose);
    const int rank = space.valid() ? H5Sget_simple_extent_ndims(space.id()) : -1;
    const int wanted = width_ == 1 ? 1 : 2;
    hsize_t extent[2] = {0, 1};
    if (rank != wanted || H5Sget_simple_extent_dims(space.id(), extent, nullptr) != wanted || extent[1] != width_)
      fail(wanted == 1 ? "is not one-dimensional" : fmt::format("is not frames x {}", width_));
    if (!type.valid() || H5Tget_class(type.id()) != H5T_INTEGER || H5Tget_size(type.id()) > 8)
      fail("does not hold integers");
    rank_ = rank;
    rows_ = extent[0];
    item_bytes_ = H5Tget_size(type.id());
  }

  /// Claimed extents must be stored: neither other files, nor plug-in filters, nor fill values by the terabyte.
  void check_storage() const {
    const H5Object creation(H5Dget_create_plist(set_.id()), H5Pclose);
    hsize_t chunk[2] = {0, 1};
    if (!creation.valid() || H5Pget_layout(creation.id()) != H5D_CHUNKED ||
        H5Pget_chunk(creation.id(), rank_, chunk) != rank_ || H5Pget_external_count(creation.id()) != 0)
      fail("is not stored in chunks");
    const double chunk_bytes =
        static_cast<double>(chunk[0]) * static_cast<double>(chunk[1]) * static_cast<double>(item_bytes_);
    if (chunk_bytes > 1 << 24) fail("has impossibly large chunks");
    const int filters = H5Pget_nfilters(creation.id());
    for (int i = 0; i < filters; ++i) {
      unsigned flags = 0;
      std::size_t values = 0;
      const H5Z_filter_t filter =
          H5Pget_filter2(creation.id(), static_cast<unsigned>(i), &flags, &values, nullptr, 0, nullptr, nullptr);
      if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
        fail(fmt::format("uses filter {}, which streams do not have", filter));
    }
    const double claimed = static_cast<double>(rows_) * static_cast<double>(width_) * static_cast<double>(item_bytes_);
    constexpr double deflate_limit = 1100;  // zlib's best ratio is 1032
    if (claimed > deflate_limit * static_cast<double>(H5Dget_storage_size(set_.id())))
      fail(fmt::format("claims {} values, which are not there", rows_ * width_));
  }

  void refill() {
    constexpr std::uint64_t window_values = 16384;
    const std::uint64_t first = window_end_ / width_, left = rows_ - first;
    const hsize_t start[2] = {first, 0};
    const hsize_t count[2] = {std::min(left, std::max<std::uint64_t>(1, window_values / width_)), width_};
    if (left == 0) fail("ends too early");
    window_.resize(count[0] * width_);
    const H5Object source(H5Dget_space(set_.id()), H5Sclose), target(H5Screate_simple(rank_, count, nullptr), H5Sclose);
    const Transfer transfer;
    if (H5Sselect_hyperslab(source.id(), H5S_SELECT_SET, start, nullptr, count, nullptr) < 0 ||
        H5Dread(set_.id(), memory_, target.id(), source.id(), transfer.id(), window_.data()) < 0)
      fail(fmt::format("cannot be read at element {}: damaged or truncated", first));
    window_begin_ = window_end_;
    window_end_ = window_begin_ + window_.size();
  }

  const std::string& name_;
  std::string path_;
  hid_t memory_;
  hsize_t width_;
  H5Object set_;
  int rank_ = 1;
  std::size_t item_bytes_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t next_ = 0, window_begin_ = 0, window_end_ = 0;  ///< in values
  std::vector<T> window_;
};

/// The events of one layer, checked against its shape while they are read.
class LayerColumns {
 public:
  LayerColumns(const H5Object& file, const std::string& name, std::size_t layer, const StreamInfo& info)
      : shape_(info.layers[layer].shape),
        largest_payload_((std::int64_t{1} << (info.rules.payload_bits - 1)) - 1),
        channel_(file, name, layer_path(layer, "channel"), H5T_NATIVE_UINT32),
        y_(file, name, layer_path(layer, "y"), H5T_NATIVE_UINT16),
        x_(file, name, layer_path(layer, "x"), H5T_NATIVE_UINT16),
        value_(file, name, layer_path(layer, "value"), H5T_NATIVE_INT32),
        frame_end_(file, name, layer_path(layer, "frame_end"), H5T_NATIVE_UINT64) {
    if (frame_end_.rows() != info.frames)
      frame_end_.fail(fmt::format("has {} entries for {} frames", frame_end_.rows(), info.frames));
    for (const std::uint64_t rows : {y_.rows(), x_.rows(), value_.rows()})
      if (rows != channel_.rows())
        channel_.fail(fmt::format("has {} entries, y, x or value {}", channel_.rows(), rows));
  }

  void next(std::uint64_t frame, std::vector<DeltaEvent>& events) {
    events.clear();
    const std::uint64_t end = frame_end_.take();
    if (end < begin_ || end > channel_.rows())
      frame_end_.fail(fmt::format("frame {}: {} lies outside {} to {}", frame, end, begin_, channel_.rows()));
    for (; begin_ < end; ++begin_) {
      const DeltaEvent event{channel_.take(), y_.take(), x_.take(), value_.take()};
      if (event.channel >= shape_.channels || event.y >= shape_.height || event.x >= shape_.width)
        channel_.fail(fmt::format("frame {}: event {} at (channel {}, y {}, x {}) lies outside {} x {} x {}", frame,
                                  begin_, event.channel, event.y, event.x, shape_.channels, shape_.height,
                                  shape_.width));
      if (!events.empty() && !may_follow(events.back(), event))
        channel_.fail(fmt::format("frame {}: event {} is not in scan order (y, x, channel)", frame, begin_));
      events.push_back(event);
    }
  }

  /// After the last frame: every event must belong to a frame.
  void require_end() const {
    if (begin_ != channel_.rows()) frame_end_.fail(fmt::format("ends at event {} of {}", begin_, channel_.rows()));
  }

  void rewind() {
    begin_ = 0;
    for (auto* column : {&y_, &x_}) column->rewind();
    channel_.rewind();
    value_.rewind();
    frame_end_.rewind();
  }

 private:
  std::uint64_t neuron(const DeltaEvent& event) const {
    return (std::uint64_t{event.y} * shape_.width + event.x) * shape_.channels + event.channel;
  }

  /// A neuron sends again in a frame only where its change exceeds the payload.
  bool may_follow(const DeltaEvent& before, const DeltaEvent& event) const {
    const std::uint64_t a = neuron(before), b = neuron(event);
    return a < b || (a == b && std::abs(std::int64_t{before.value}) >= largest_payload_);
  }

  const models::Shape shape_;
  const std::int64_t largest_payload_;
  Column<std::uint32_t> channel_;
  Column<std::uint16_t> y_, x_;
  Column<std::int32_t> value_;
  Column<std::uint64_t> frame_end_;
  std::uint64_t begin_ = 0;
};

}  // namespace

class StreamReader::File {
 public:
  /// `image`: the file's bytes, or null for a file on disk.
  File(const std::string& name, const std::string* image) : name_(name) {
    require_checksums(name_, image != nullptr ? image->substr(0, 16) : head_of(name_));
    const H5Object access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG);  // HDF5 leaks handles of what it finds damaged
    if (image != nullptr) {
      H5Pset_fapl_core(access.id(), std::size_t{1} << 16, false);
      H5Pset_file_image(access.id(), const_cast<char*>(image->data()), image->size());  // copied
    }
    // HDF5 would look at a file of that name even with an image: below a device there can be none.
    const char* opened = image != nullptr ? "/dev/null/image" : name.c_str();
    file_ = H5Object(H5Fopen(opened, H5F_ACC_RDONLY, access.id()), H5Fclose);
    if (!file_.valid()) throw InputError(name_, "", "is truncated or damaged: HDF5 cannot open it", complete);
    info_ = read_info(file_, name_);
    for (std::size_t i = 0; i < info_.layers.size(); ++i) {
      layers_.push_back(std::make_unique<LayerColumns>(file_, name_, i, info_));
      traits_.absolute.push_back(info_.layers[i].absolute ? 1 : 0);
    }
    traits_.layer_delay = info_.layer_delay;
    key_ = std::make_unique<Column<std::uint8_t>>(file_, name_, "/key", H5T_NATIVE_UINT8);
    label_column_ = std::make_unique<Column<std::int64_t>>(file_, name_, "/label", H5T_NATIVE_INT64);
    if (info_.outputs > 0)
      outputs_ = std::make_unique<Column<std::int64_t>>(file_, name_, "/outputs", H5T_NATIVE_INT64, info_.outputs);
    require_rows(*key_);
    require_rows(*label_column_);
    if (outputs_) require_rows(*outputs_);
  }

  bool next(models::FrameEvents& out) {
    if (frame_ == info_.frames) {
      for (const auto& layer : layers_) layer->require_end();
      return false;
    }
    const QuietHdf5 quiet;
    out.frame = frame_;
    out.key = key_->take() != 0;
    out.of_layer.resize(layers_.size());
    for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i]->next(frame_, out.of_layer[i]);
    const std::int64_t label = label_column_->take();
    label_.reset();
    if (label >= 0 && label <= UINT32_MAX) label_ = static_cast<std::uint32_t>(label);
    out.outputs.clear();
    for (std::uint64_t i = 0; i < info_.outputs; ++i) out.outputs.push_back(outputs_->take());
    ++frame_;
    return true;
  }

  void rewind() {
    frame_ = 0;
    for (const auto& layer : layers_) layer->rewind();
    key_->rewind();
    label_column_->rewind();
    if (outputs_) outputs_->rewind();
  }

  const std::string& name() const { return name_; }
  const StreamInfo& info() const { return info_; }
  const models::StreamTraits& traits() const { return traits_; }
  std::optional<std::uint32_t> label() const { return label_; }

 private:
  template <class T>
  void require_rows(const Column<T>& column) const {
    if (column.rows() != info_.frames)
      column.fail(fmt::format("has {} entries for {} frames", column.rows(), info_.frames));
  }

  const std::string name_;
  H5Object file_;
  StreamInfo info_;
  models::StreamTraits traits_;
  std::vector<std::unique_ptr<LayerColumns>> layers_;
  std::unique_ptr<Column<std::uint8_t>> key_;
  std::unique_ptr<Column<std::int64_t>> label_column_, outputs_;
  std::optional<std::uint32_t> label_;
  std::uint64_t frame_ = 0;
};

StreamReader::StreamReader(const std::string& path) {
  const QuietHdf5 quiet;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw InputError(path, "", std::filesystem::exists(path, error) ? "is no ordinary file" : "no such file",
                     "an event stream that `deltasim record` wrote");
  file_ = std::make_unique<File>(path, nullptr);
}

StreamReader::StreamReader(std::unique_ptr<File> file) : file_(std::move(file)) {}
StreamReader::StreamReader(StreamReader&&) noexcept = default;
StreamReader::~StreamReader() = default;

StreamReader StreamReader::from_bytes(const std::string& bytes, const std::string& name) {
  const QuietHdf5 quiet;
  return StreamReader(std::make_unique<File>(name, &bytes));
}

const StreamInfo& StreamReader::info() const { return file_->info(); }

void StreamReader::require_network(const std::string& hash, const std::string& name) const {
  const StreamInfo& recorded = file_->info();
  if (recorded.network_hash == hash) return;
  throw InputError(file_->name(), "/@network_hash",
                   fmt::format("recorded with another network: '{}' ({}), this one is '{}' ({})", recorded.network,
                               recorded.network_hash, name, hash),
                   "replay it with that network, or record it again with this one");
}

bool StreamReader::next(models::FrameEvents& out) { return file_->next(out); }
void StreamReader::rewind() { file_->rewind(); }
const models::StreamTraits& StreamReader::traits() const { return file_->traits(); }
std::optional<std::uint32_t> StreamReader::label() const { return file_->label(); }

}  // namespace deltasim::traces
