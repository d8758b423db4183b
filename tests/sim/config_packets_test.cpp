#include "models/error.hpp"
#include "sim/run_config.hpp"
#include "tests/sim/check_run.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::test;

namespace {

/// What a run of the example with this network on chip is refused for; empty: nothing.
std::string refusal(const std::vector<std::string>& settings) {
  std::vector<std::string> overrides;
  overrides.reserve(settings.size());
  for (const std::string& s : settings) overrides.push_back("/hardware/" + s);
  try {
    sim::read_run(example, overrides);
  } catch (const models::InputError& e) {
    const std::string text = e.what();
    return text.substr(text.find("/hardware", text.find(": ")));
  }
  return "";
}

std::vector<std::string> with(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("packets: what no network on chip can carry is named with place and range") {
  const std::vector<std::string> packets{"noc/header_flits=1", "noc/values_per_flit=2", "noc/packet_flits=9"};
  CHECK(refusal(with(packets, {"noc/router_queue_flits=9"})) == "");
  CHECK(refusal(with(packets, {"noc/router_queue_flits=8"})) ==
        "/hardware/noc/router_queue_flits: a packet has up to 9 flits, but the queue holds 8; must be at least 9 "
        "(packet_flits of /noc)");
  CHECK(refusal(with(packets, {"noc/router_queue_flits=9", "core/output_queue_flits=1"})) ==
        "/hardware/core/output_queue_flits: a packet has up to 9 flits, but the queue holds 1; must be at least 9 "
        "(packet_flits of /noc)");
  CHECK(refusal({"noc/packet_flits=3"}) ==
        "/hardware/noc/packet_flits: is 3, but without a header (header_flits 0) a packet is one flit with one value; "
        "must be 1, or header_flits at least 1");
  CHECK(refusal({"noc/values_per_flit=2"}) ==
        "/hardware/noc/values_per_flit: is 2, but without a header (header_flits 0) a packet is one flit with one "
        "value; must be 1, or header_flits at least 1");
  CHECK(refusal({"noc/header_flits=2", "noc/packet_flits=2"}) ==
        "/hardware/noc/packet_flits: is 2, but the header alone has 2 flits; must be at least 3: a packet has room for "
        "a value");
}

TEST_CASE("packets: a flit narrower than the values in it is refused") {
  CHECK(refusal({"noc/flit_bits=16"}) == "");
  CHECK(refusal({"noc/flit_bits=15"}) ==
        "/hardware/noc/flit_bits: is 15, but a flit carries a value of 16 bits (/delta/payload_bits); must be an "
        "integer from 16 to 1024");
  const std::vector<std::string> packets{"noc/header_flits=1", "noc/values_per_flit=3", "noc/packet_flits=4"};
  CHECK(refusal(with(packets, {"noc/flit_bits=48"})) == "");
  CHECK(refusal(with(packets, {"noc/flit_bits=47"})) ==
        "/hardware/noc/flit_bits: is 47, but a flit carries 3 values of 16 bits (/delta/payload_bits); must be an "
        "integer from 48 to 1024");
}
