#include "sim/cache/digest.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <new>
#include <vector>

#include <unistd.h>

namespace deltasim::sim {

struct Digest::State {
  XXH3_state_t* state = XXH3_createState();
  State() {
    if (state == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(state);
  }
  ~State() { XXH3_freeState(state); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Digest::Digest() : state_(std::make_unique<State>()) {}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;

void Digest::add(const void* bytes, std::size_t size) { XXH3_128bits_update(state_->state, bytes, size); }

std::string Digest::text() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->state);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string digest_of(std::string_view bytes) {
  Digest digest;
  digest.add(bytes.data(), bytes.size());
  return digest.text();
}

std::string digest_of_file(int descriptor, std::size_t size) {
  Digest digest;
  std::vector<char> buffer(std::min<std::size_t>(size, std::size_t{1} << 20));
  for (std::size_t at = 0; at < size;) {
    const ssize_t got = pread(descriptor, buffer.data(), std::min(buffer.size(), size - at), static_cast<off_t>(at));
    if (got <= 0) return {};
    digest.add(buffer.data(), static_cast<std::size_t>(got));
    at += static_cast<std::size_t>(got);
  }
  return digest.text();
}

}  // namespace deltasim::sim
