#include "traces/libav.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include <dlfcn.h>

namespace deltasim::traces {
namespace {

/// A library of the major version that this program was compiled for; it stays loaded.
class Library {
 public:
  Library(const char* name, int major) : handle_(dlopen(fmt::format("{}.so.{}", name, major).c_str(), RTLD_LAZY)) {
    if (handle_ == nullptr) fail();
  }
  template <typename Function>
  void find(const char* name, Function& function) const {
    void* found = dlsym(handle_, name);
    if (found == nullptr) fail();
    function = reinterpret_cast<Function>(found);
  }

 private:
  [[noreturn]] static void fail() {
    const char* why = dlerror();
    throw std::runtime_error(
        fmt::format("FFmpeg's libraries cannot be loaded ({}); install libavformat, libavcodec, "
                    "libavutil and libswscale of this version",
                    why != nullptr ? why : "no reason given"));
  }
  void* handle_;
};

LibAv loaded() {
  LibAv all;
  const Library util("libavutil", LIBAVUTIL_VERSION_MAJOR), codec("libavcodec", LIBAVCODEC_VERSION_MAJOR),
      format("libavformat", LIBAVFORMAT_VERSION_MAJOR), scale("libswscale", LIBSWSCALE_VERSION_MAJOR);
#define DELTASIM_FROM_UTIL(name) util.find(#name, all.name);
#define DELTASIM_FROM_CODEC(name) codec.find(#name, all.name);
#define DELTASIM_FROM_FORMAT(name) format.find(#name, all.name);
#define DELTASIM_FROM_SCALE(name) scale.find(#name, all.name);
  DELTASIM_AVUTIL(DELTASIM_FROM_UTIL)
  DELTASIM_AVCODEC(DELTASIM_FROM_CODEC)
  DELTASIM_AVFORMAT(DELTASIM_FROM_FORMAT)
  DELTASIM_SWSCALE(DELTASIM_FROM_SCALE)
  return all;
}

}  // namespace

const LibAv& libav() {
  static const LibAv all = loaded();
  return all;
}

}  // namespace deltasim::traces
