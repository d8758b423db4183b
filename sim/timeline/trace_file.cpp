#include "sim/timeline/trace_file.hpp"

#include "models/error.hpp"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace deltasim::sim {
namespace {

bool is_compressed(const std::string& path) { return path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0; }

}  // namespace

TraceFile::TraceFile(std::string path)
    : file_(std::move(path)), stream_(gzopen(file_.temporary().c_str(), is_compressed(file_.path()) ? "wb5" : "wbT")) {
  if (stream_ == nullptr) fail();
  gzbuffer(stream_, 1u << 18);
}

TraceFile::~TraceFile() {
  if (stream_ != nullptr) gzclose(stream_);
}

void TraceFile::write(std::string_view text) {
  bytes_ += text.size();
  if (!text.empty() && gzwrite(stream_, text.data(), static_cast<unsigned>(text.size())) == 0) fail();
}

void TraceFile::commit() {
  if (gzclose(std::exchange(stream_, nullptr)) != Z_OK) fail();
  file_.commit();
}

void TraceFile::fail() const {
  throw models::InputError(path(), "", std::string("could not be written completely (") + std::strerror(errno) + ")",
                           "make room on the disk, or narrow down what is traced");
}

}  // namespace deltasim::sim
