#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

using Json = nlohmann::ordered_json;

namespace {

void collect(const Json& json, const std::string& at, std::set<std::string>& leaves) {
  for (const auto& [key, value] : json.items()) {
    if (at.empty() && (key == "name" || key == "note" || key == "sources")) continue;
    const std::string place = fmt::format("{}/{}", at, key);
    if (value.is_object())
      collect(value, place, leaves);
    else
      leaves.insert(place);
  }
}

}  // namespace

TEST_CASE("every value of a shipped machine names its source and how far it can be trusted") {
  const std::set<std::string> letters{"A", "A2", "A*", "B", "C", "D", "choice"};
  const std::filesystem::path folder = std::filesystem::path(DELTASIM_SOURCE_DIR) / "configs" / "hw";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string name = file.path().filename();
    CAPTURE(name);
    std::ifstream in(file.path());
    REQUIRE(in);
    const Json json = Json::parse(in);
    std::set<std::string> leaves, sourced;
    collect(json, "", leaves);
    for (const auto& entry : json["sources"].items()) {
      CAPTURE(entry.key());
      sourced.insert(entry.key());
      CHECK(entry.value()["source"].get<std::string>() != "");
      CHECK(letters.count(entry.value()["confidence"].get<std::string>()) == 1);
    }
    CHECK(leaves == sourced);
  }
}
