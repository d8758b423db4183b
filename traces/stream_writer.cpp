#include "models/error.hpp"
#include "traces/atomic_file.hpp"
#include "traces/stream_info.hpp"

#include <algorithm>
#include <cassert>

namespace deltasim::traces {

using models::InputError;

namespace {

constexpr std::size_t chunk_events = 16384;
constexpr std::size_t chunk_frames = 1024;

/// An extensible data set with rows of `width` values (1 = one dimension) that grows by whole chunks.
template <class T>
class Column {
 public:
  Column(const H5Object& file, const std::string& path, hid_t stored, hid_t memory, std::size_t chunk_rows,
         unsigned deflate, hsize_t width = 1)
      : memory_(memory), rank_(width == 1 ? 1 : 2), width_(width), chunk_(chunk_rows * width) {
    const hsize_t none[2] = {0, width}, unlimited[2] = {H5S_UNLIMITED, width};
    const hsize_t chunk[2] = {chunk_rows, std::min<hsize_t>(width, 8192)};
    const H5Object space(H5Screate_simple(rank_, none, unlimited), H5Sclose);
    const H5Object creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose), access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    H5Pset_chunk(creation.id(), rank_, chunk);
    if (deflate > 0)
      H5Pset_shuffle(creation.id()), H5Pset_deflate(creation.id(), deflate);
    else
      H5Pset_fill_time(creation.id(), H5D_FILL_TIME_NEVER);  // chunks are filled with values at once
    // One chunk each instead of HDF5's megabyte: a network has hundreds of data sets.
    H5Pset_chunk_cache(access.id(), 1, chunk[0] * chunk[1] * sizeof(T), 1.0);
    set_ = H5Object(H5Dcreate2(file.id(), path.c_str(), stored, space.id(), H5P_DEFAULT, creation.id(), access.id()),
                    H5Dclose);
  }

  bool valid() const { return set_.valid(); }
  void push(T value) { pending_.push_back(value); }
  /// Room for further values, which the caller fills in.
  T* extend(std::size_t values) {
    pending_.resize(pending_.size() + values);
    return pending_.data() + pending_.size() - values;
  }
  bool full() const { return pending_.size() >= chunk_; }

  /// Writes the whole chunks that are pending, or everything. False where the disk is full.
  bool flush(bool everything) {
    const std::size_t size = everything ? pending_.size() : pending_.size() / chunk_ * chunk_;
    if (size == 0) return true;
    const hsize_t start[2] = {rows_, 0}, count[2] = {size / width_, width_};
    rows_ += count[0];
    const hsize_t extent[2] = {rows_, width_};
    if (H5Dset_extent(set_.id(), extent) < 0) return false;
    const H5Object target(H5Dget_space(set_.id()), H5Sclose), source(H5Screate_simple(rank_, count, nullptr), H5Sclose);
    H5Sselect_hyperslab(target.id(), H5S_SELECT_SET, start, nullptr, count, nullptr);
    const Transfer transfer;
    if (H5Dwrite(set_.id(), memory_, source.id(), target.id(), transfer.id(), pending_.data()) < 0) return false;
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(size));
    return true;
  }

  bool close() { return set_.close(); }

 private:
  H5Object set_;
  hid_t memory_;
  int rank_;
  hsize_t width_, rows_ = 0;
  std::size_t chunk_;
  std::vector<T> pending_;
};

/// The smallest stored type for values below `end`.
hid_t unsigned_type(std::uint64_t end) {
  return end <= 256 ? H5T_STD_U8LE : end <= 65536 ? H5T_STD_U16LE : H5T_STD_U32LE;
}

/// How events are stored. Compressed columns have the types of docs/trace-format.md: what a wider type adds compresses
/// to nothing. Uncompressed ones are as narrow as their values allow.
struct EventTypes {
  EventTypes(const StreamInfo& info, std::size_t layer, unsigned level) : deflate(level) {
    const models::Shape& shape = info.layers[layer].shape;
    channel = unsigned_type(deflate > 0 ? std::max(shape.channels, 257u) : shape.channels);
    if (deflate > 0) return;
    y = unsigned_type(shape.height);
    x = unsigned_type(shape.width);
    if (info.rules.payload_bits <= 16) value = H5T_STD_I16LE;
  }
  unsigned deflate;
  hid_t channel, y = H5T_STD_U16LE, x = H5T_STD_U16LE, value = H5T_STD_I32LE;
};

/// The events of one layer.
class LayerColumns {
 public:
  LayerColumns(const H5Object& file, std::size_t layer, const EventTypes& stored)
      : channel_(file, layer_path(layer, "channel"), stored.channel, H5T_NATIVE_UINT32, chunk_events, stored.deflate),
        y_(file, layer_path(layer, "y"), stored.y, H5T_NATIVE_UINT16, chunk_events, stored.deflate),
        x_(file, layer_path(layer, "x"), stored.x, H5T_NATIVE_UINT16, chunk_events, stored.deflate),
        value_(file, layer_path(layer, "value"), stored.value, H5T_NATIVE_INT32, chunk_events, stored.deflate),
        frame_end_(file, layer_path(layer, "frame_end"), H5T_STD_U64LE, H5T_NATIVE_UINT64, chunk_frames,
                   stored.deflate) {}

  bool valid() const { return channel_.valid() && y_.valid() && x_.valid() && value_.valid() && frame_end_.valid(); }

  bool append(const std::vector<models::DeltaEvent>& events) {
    std::uint32_t* channel = channel_.extend(events.size());
    std::uint16_t* y = y_.extend(events.size());
    std::uint16_t* x = x_.extend(events.size());
    std::int32_t* value = value_.extend(events.size());
    for (const models::DeltaEvent& event : events) {
      *channel++ = event.channel;
      *y++ = event.y;
      *x++ = event.x;
      *value++ = event.value;
    }
    end_ += events.size();
    frame_end_.push(end_);
    return (!channel_.full() || flush_events(false)) && (!frame_end_.full() || frame_end_.flush(false));
  }

  bool finish() {
    return flush_events(true) && frame_end_.flush(true) && channel_.close() && y_.close() && x_.close() &&
           value_.close() && frame_end_.close();
  }

 private:
  bool flush_events(bool all) { return channel_.flush(all) && y_.flush(all) && x_.flush(all) && value_.flush(all); }

  Column<std::uint32_t> channel_;
  Column<std::uint16_t> y_, x_;
  Column<std::int32_t> value_;
  Column<std::uint64_t> frame_end_;
  std::uint64_t end_ = 0;
};

/// Metadata in the format of HDF5 1.10: every structure carries a checksum, so that damage is found, not read.
H5Object create_file(const std::string& path) {
  const H5Object access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_V110);
  return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose};
}

std::size_t rows_of(std::uint64_t width) { return static_cast<std::size_t>(std::max<std::uint64_t>(1, 8192 / width)); }

}  // namespace

class StreamWriter::File {
 public:
  File(const std::string& path, const StreamInfo& info, unsigned deflate)
      : target_(path), layers_(info.layers.size()), file_(create_file(target_.temporary())) {
    require(file_.valid() && write_info(file_, info));
    const H5Object group(H5Gcreate2(file_.id(), "/layers", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    for (std::size_t i = 0; i < info.layers.size(); ++i) {
      const H5Object layer(H5Gcreate2(file_.id(), layer_path(i).c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                           H5Gclose);
      require(layer.valid() && write_layer(layer, info, i));
      columns_.push_back(std::make_unique<LayerColumns>(file_, i, EventTypes(info, i, deflate)));
      require(columns_.back()->valid());
    }
    key_ = std::make_unique<Column<std::uint8_t>>(file_, "/key", H5T_STD_U8LE, H5T_NATIVE_UINT8, chunk_frames, deflate);
    label_ =
        std::make_unique<Column<std::int64_t>>(file_, "/label", H5T_STD_I64LE, H5T_NATIVE_INT64, chunk_frames, deflate);
    if (info.outputs > 0)
      outputs_ = std::make_unique<Column<std::int64_t>>(file_, "/outputs", H5T_STD_I64LE, H5T_NATIVE_INT64,
                                                        rows_of(info.outputs), deflate, info.outputs);
    output_size_ = info.outputs;
    require(key_->valid() && label_->valid() && (!outputs_ || outputs_->valid()));
  }

  void append(const models::FrameEvents& frame, std::optional<std::uint32_t> label) {
    assert(frame.of_layer.size() == layers_ && frame.outputs.size() == output_size_);
    for (std::size_t i = 0; i < layers_; ++i) require(columns_[i]->append(frame.of_layer[i]));
    key_->push(frame.key ? 1 : 0);
    label_->push(label ? std::int64_t{*label} : -1);
    for (const std::int64_t value : frame.outputs) outputs_->push(value);
    require(!key_->full() || (key_->flush(false) && label_->flush(false)));
    require(!outputs_ || !outputs_->full() || outputs_->flush(false));
    ++frames_;
  }

  void finish() {
    for (const auto& columns : columns_) require(columns->finish());
    require(key_->flush(true) && key_->close() && label_->flush(true) && label_->close());
    require(!outputs_ || (outputs_->flush(true) && outputs_->close()));
    require(write_attribute(file_, "frames", frames_) && file_.close());
    target_.commit();
  }

 private:
  void require(bool written) const {
    if (!written) throw InputError(target_.path(), "", "the event stream cannot be written", "make room on the disk");
  }

  const QuietHdf5 quiet_;
  AtomicFile target_;  // outlives the HDF5 file: removed after that is closed
  std::size_t layers_;
  H5Object file_;
  std::vector<std::unique_ptr<LayerColumns>> columns_;
  std::unique_ptr<Column<std::uint8_t>> key_;
  std::unique_ptr<Column<std::int64_t>> label_, outputs_;
  std::uint64_t output_size_ = 0, frames_ = 0;
};

StreamWriter::StreamWriter(const std::string& path, const StreamInfo& info, Compression compression)
    : file_(std::make_unique<File>(path, info, compression == Compression::deflate ? 4 : 0)) {}
StreamWriter::~StreamWriter() = default;

void StreamWriter::append(const models::FrameEvents& frame, std::optional<std::uint32_t> label) {
  file_->append(frame, label);
}

void StreamWriter::finish() { file_->finish(); }

}  // namespace deltasim::traces
