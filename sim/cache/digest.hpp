#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace deltasim::sim {

/// Identity of some bytes: XXH3, 128 bits, in hexadecimal digits. It finds accidents, not attacks.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  void add(const void* bytes, std::size_t size);
  std::string text() const;

  static constexpr std::size_t length = 32;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string digest_of(std::string_view bytes);

/// Of the first `size` bytes that an open file has; empty where it has fewer or cannot be read.
std::string digest_of_file(int descriptor, std::size_t size);

}  // namespace deltasim::sim
