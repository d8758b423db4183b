#include "hw/params.hpp"
#include "sim/config.hpp"
#include "sim/config_writer.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using sim::Document;
using sim::Json;

namespace {

enum class Fruit { apple, pear };
inline constexpr const char* names_of(Fruit) { return "apple,pear"; }

struct Part {
  std::uint32_t size = 3;
};

template <class Archive>
void describe(Archive& a, Part& p) {
  a.field("size", p.size, 0, 9, "a small number");
}

struct Sample {
  std::uint64_t large = 1;
  std::int32_t number = 0;
  double ratio = 0.5;
  bool on = false;
  std::string title = "none";
  Fruit fruit = Fruit::apple;
  std::optional<std::uint32_t> limit;
  std::vector<double> levels;
  std::optional<std::array<std::uint32_t, 2>> size;
  std::vector<std::string> fruits;
  std::map<std::string, Part> parts;
};

template <class Archive>
void describe(Archive& a, Sample& p) {
  a.field("large", p.large, 0, ~std::uint64_t{0}, "any 64-bit number");
  a.field("number", p.number, -5, 5, "signed");
  a.field("ratio", p.ratio, 0.0, 1.0, "a part");
  a.field("on", p.on, "a switch");
  a.field("title", p.title, "a text");
  a.choice("fruit", p.fruit, "one of two");
  a.optional("limit", p.limit, 1, 10, "may be absent");
  a.list("levels", p.levels, 0.0, 9.0, "one or many");
  a.tuple("size", p.size, "width,height", 1, 100, "two numbers");
  a.names("fruits", p.fruits, "apple,pear", "several");
  a.by_name("parts", p.parts, "named");
}

Sample read(const std::string& text) {
  const Document document = Document::parse(text, "file.json");
  Sample sample;
  sim::read_into(sample, document, "");
  return sample;
}

std::string error_of(const std::string& text) {
  try {
    read(text);
  } catch (const models::InputError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("an integer is an integer in range, whatever the JSON library would accept") {
  CHECK(read(R"({"large": 18446744073709551615})").large == 18446744073709551615u);
  CHECK(read(R"({"large": 9007199254740993})").large == 9007199254740993u);  // no detour through a double
  CHECK(read(R"({"large": -0})").large == 0);
  const std::string any = "; must be an integer, 0 or more";
  CHECK(error_of(R"({"large": -4})") == "file.json: /large: is -4" + any);
  CHECK(error_of(R"({"large": 1.9})") == "file.json: /large: is 1.9" + any);
  CHECK(error_of(R"({"large": true})") == "file.json: /large: is true" + any);
  CHECK(error_of(R"({"large": "5"})") == "file.json: /large: is \"5\"" + any);
  CHECK(error_of(R"({"large": null})") == "file.json: /large: is null" + any);
  CHECK(error_of(R"({"large": [5]})") == "file.json: /large: is an array" + any);
  CHECK(error_of(R"({"large": 18446744073709551616})").find(any) != std::string::npos);
}

TEST_CASE("both ends of a range are inside, the numbers beside them are not") {
  CHECK(read(R"({"number": -5})").number == -5);
  CHECK(read(R"({"number": 5})").number == 5);
  CHECK(error_of(R"({"number": 6})") == "file.json: /number: is 6; must be an integer from -5 to 5");
  CHECK(error_of(R"({"number": -6})") == "file.json: /number: is -6; must be an integer from -5 to 5");
  CHECK(error_of(R"({"number": 18446744073709551615})") ==
        "file.json: /number: is 18446744073709551615; must be an integer from -5 to 5");
  CHECK(read(R"({"ratio": 1})").ratio == 1.0);
  CHECK(error_of(R"({"ratio": 1.0001})") == "file.json: /ratio: is 1.0001; must be a number from 0 to 1");
  CHECK(error_of(R"({"ratio": "1"})") == "file.json: /ratio: is \"1\"; must be a number from 0 to 1");
}

TEST_CASE("an unknown key comes with the key that was probably meant, else with all") {
  CHECK(error_of(R"({"Ratio": 1})") == "file.json: /Ratio: unknown key; did you mean 'ratio'?");
  CHECK(error_of(R"({"numbr": 1})") == "file.json: /numbr: unknown key; did you mean 'number'?");
  CHECK(error_of(R"({"xyzzyx": 1})") ==
        "file.json: /xyzzyx: unknown key; keys here: fruit, fruits, large, levels, limit, number, on, parts, ratio, "
        "size, "
        "title");
  CHECK(error_of(R"({"parts": {"a/b": {"sizes": 1}}})") ==
        "file.json: /parts/a~1b/sizes: unknown key; did you mean 'size'?");
}

TEST_CASE("switches, texts and choices take nothing else") {
  CHECK(error_of(R"({"on": 1})") == "file.json: /on: is 1; must be true or false");
  CHECK(error_of(R"({"title": 1})") == "file.json: /title: is 1; must be a text in quotes");
  CHECK(error_of(R"({"fruit": "plum"})") == "file.json: /fruit: is \"plum\"; must be one of: apple, pear");
  CHECK(error_of(R"({"fruit": 1})") == "file.json: /fruit: is 1; must be one of: apple, pear");
  CHECK(read(R"({"fruit": "pear"})").fruit == Fruit::pear);
  CHECK(error_of(R"({"fruits": ["pear", "pear"]})") == "file.json: /fruits/1: 'pear' appears twice; keep one of them");
  CHECK(error_of("[]") == "file.json: is an array; must be an object: { \"key\": value, ... }");
}

TEST_CASE("lists take one value or many, tuples an array or names") {
  CHECK(read(R"({"levels": 2})").levels == std::vector<double>{2});
  CHECK(read(R"({"levels": [2, 3.5]})").levels == std::vector<double>{2, 3.5});
  CHECK(error_of(R"({"levels": [2, 9.5]})") == "file.json: /levels/1: is 9.5; must be a number from 0 to 9");
  CHECK(read(R"({"size": [4, 5]})").size == std::array<std::uint32_t, 2>{4, 5});
  CHECK(read(R"({"size": {"height": 5, "width": 4}})").size == std::array<std::uint32_t, 2>{4, 5});
  CHECK_FALSE(read(R"({"size": null})").size);
  CHECK(error_of(R"({"size": [4]})") == "file.json: /size: has 1 elements; must be [width, height]");
  CHECK(error_of(R"({"size": {"width": 4}})") ==
        "file.json: /size: the key 'height' is missing; must be [width, height]");
  CHECK(error_of(R"({"size": [4, 0]})") == "file.json: /size/1: is 0; must be an integer from 1 to 100");
}

TEST_CASE("absent keys keep what the struct holds, null removes an optional value") {
  const Document document = Document::parse(R"({"limit": null})", "file.json");
  Sample sample;
  sample.limit = 7;
  sample.number = 4;
  sim::read_into(sample, document, "");
  CHECK_FALSE(sample.limit);
  CHECK(sample.number == 4);
}

TEST_CASE("authors may leave notes in any object") {
  CHECK(error_of(R"({"note": "why", "name": "x", "parts": {"a": {"comment": ["b"]}}})") == "no error");
}

TEST_CASE("what is written reads back as the same values") {
  hw::ChipParams chip;
  chip.core.lanes = 7;
  chip.core.weight_memory.size_bytes = (std::uint64_t{1} << 40) - 1;
  chip.core.evaluate = hw::Evaluate::all;
  chip.noc.multicast = false;
  const Json written = sim::write(chip);
  const Document document = Document::parse(written.dump(), "chip.json");
  hw::ChipParams read;
  sim::read_into(read, document, "");
  CHECK(sim::write(read) == written);
  CHECK(read.core.weight_memory.size_bytes == chip.core.weight_memory.size_bytes);
  CHECK(read.core.evaluate == hw::Evaluate::all);
}
