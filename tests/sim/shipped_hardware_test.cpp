#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>
#include <string>

using Json = nlohmann::ordered_json;

namespace {

void collect(const Json& json, const std::string& at, std::set<std::string>& leaves) {
  for (const auto& [key, value] : json.items()) {
    if (at.empty() && (key == "name" || key == "note" || key == "sources")) continue;
    if (value.is_object())
      collect(value, at + "/" + key, leaves);
    else
      leaves.insert(at + "/" + key);
  }
}

}  // namespace

TEST_CASE("every value of a shipped machine names its source and how far it can be trusted") {
  const std::set<std::string> letters{"A", "A2", "A*", "B", "C", "D", "choice"};
  for (const auto* name : {"edge16", "seneca"}) {
    CAPTURE(name);
    std::ifstream in(std::string(DELTASIM_SOURCE_DIR) + "/configs/hw/" + name + ".json");
    REQUIRE(in);
    const Json json = Json::parse(in);
    std::set<std::string> leaves, sourced;
    collect(json, "", leaves);
    for (const auto& [pointer, source] : json["sources"].items()) {
      CAPTURE(pointer);
      sourced.insert(pointer);
      CHECK(source["source"].get<std::string>() != "");
      CHECK(letters.count(source["confidence"].get<std::string>()) == 1);
    }
    CHECK(leaves == sourced);
  }
}
