#include "sim/document.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace deltasim;
using sim::Document;
using sim::Json;

namespace {

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const models::InputError& error) {
    return error.what();
  }
  return "no error";
}

std::string parse_error(const std::string& text) {
  return error_of([&] { Document::parse(text, "f.json"); });
}

bool starts(const std::string& text, const std::string& with) { return text.rfind(with, 0) == 0; }

}  // namespace

TEST_CASE("a syntax error is reported with line and column") {
  const std::string comma = parse_error("{\n  \"a\": 1,\n}\n");
  CAPTURE(comma);
  CHECK(starts(comma, "f.json: line 3, column 1: not valid JSON while parsing object key"));
  CHECK(comma.find("must be one JSON value") != std::string::npos);
  CHECK(starts(parse_error("{\"a\": 1 // b\n}"), "f.json: line 1, column 9: not valid JSON"));
  CHECK(starts(parse_error(""), "f.json: line 1, column 1: not valid JSON"));
  CHECK(starts(parse_error("{\"a\": \"\xff\"}"), "f.json: line 1, column 8: not valid JSON"));
  CHECK(starts(parse_error("{\"a\": 1e999}"), "f.json: line 1, column "));
}

TEST_CASE("a key that appears twice is an error, also deep inside") {
  CHECK(parse_error(R"({"a": 1, "a": 2})") == "f.json: /a: the key appears twice; keep one of them");
  CHECK(parse_error(R"({"l": [{}, {"x/y": 1, "x/y": 1}]})") ==
        "f.json: /l/1/x~1y: the key appears twice; keep one of them");
  CHECK(parse_error(R"({"a": {"b": 1}, "c": {"b": 1}})") == "no error");
}

TEST_CASE("nesting is bounded, so that no file can exhaust the stack") {
  CHECK(parse_error(std::string(64, '[') + std::string(64, ']')) == "no error");
  CHECK(parse_error(std::string(65, '[') + std::string(65, ']')).find("nested deeper than 64 levels") !=
        std::string::npos);
  CHECK(parse_error(std::string(1000000, '[')).find("nested deeper") != std::string::npos);
}

TEST_CASE("files that cannot be read say so") {
  const test::TemporaryFolder folder;
  CHECK(error_of([&] { Document::read(folder / "none.json"); }) ==
        folder / "none.json: no such file; the path of a JSON file");
  CHECK(error_of([&] { Document::read(folder.path()); }) == folder.path() + ": is a folder; the path of a JSON file");
  CHECK(error_of([] { Document::read("/dev/zero"); }) ==
        "/dev/zero: is no ordinary file (a device, pipe or socket); the path of a JSON file");
}

TEST_CASE("a base gives what its user does not override") {
  const test::TemporaryFolder folder;
  folder.write("chips/base.json", R"({"clock": 1, "core": {"lanes": 4, "banks": 2}, "list": [1, 2]})");
  folder.write("chips/middle.json", R"({"base": "base.json", "core": {"banks": 3}})");
  const std::string top =
      folder.write("top.json", R"({"chip": {"base": "chips/middle.json", "list": [9], "core": {"x": 1}}})");
  Document document = Document::read(top);
  document.merge_base("/chip");
  CHECK(document.json() ==
        Json::parse(R"({"chip": {"clock": 1, "core": {"lanes": 4, "banks": 3, "x": 1}, "list": [9]}})"));
  SUBCASE("and every value knows the file in which it stands") {
    CHECK(document.file_of("/chip/core/lanes") == folder / "chips/base.json");
    CHECK(document.file_of("/chip/core/banks") == folder / "chips/middle.json");
    CHECK(document.file_of("/chip/list/0") == top);
    CHECK(document.error("/chip/core/lanes", "is wrong", "right").what() ==
          folder / "chips/base.json: /core/lanes: is wrong; right");
    CHECK(document.error("/chip/core/x", "is wrong", "right").what() == top + ": /chip/core/x: is wrong; right");
  }
  SUBCASE("and paths are relative to that file") {
    CHECK(document.resolve_path("/chip/core/lanes", "a.onnx") == folder / "chips/a.onnx");
    CHECK(document.resolve_path("/chip/core/lanes", "../a.onnx") == folder / "a.onnx");
    CHECK(document.resolve_path("/chip/list", "a.onnx") == folder / "a.onnx");
    CHECK(document.resolve_path("/chip/list", "/x/a.onnx") == "/x/a.onnx");
  }
}

TEST_CASE("base files that refer to each other are an error, not an endless loop") {
  const test::TemporaryFolder folder;
  const std::string a = folder.write("a.json", R"({"base": "b.json"})");
  const std::string b = folder.write("b.json", R"({"base": "./a.json"})");
  const std::string self = folder.write("self.json", R"({"base": "self.json"})");
  const auto load = [](const std::string& file) { return [=] { Document::read(file).merge_base(""); }; };
  CHECK(error_of(load(a)) == b + ": /base: files refer to each other in a circle: " + a + " -> " + b + " -> " + a +
                                 "; remove one of the references");
  CHECK(error_of(load(self)).find("in a circle") != std::string::npos);
}

TEST_CASE("a base that is missing or no object is an error at its place") {
  const test::TemporaryFolder folder;
  const std::string top = folder.write("top.json", R"({"base": "none.json"})");
  CHECK(error_of([&] { Document::read(top).merge_base(""); }) ==
        top + ": /base: there is no file '" + (folder / "none.json") +
            "'; a path relative to the file that names it, or the object itself");
  const std::string list = folder.write("list.json", "[1]");
  const std::string user = folder.write("user.json", R"({"base": "list.json"})");
  CHECK(error_of([&] { Document::read(user).merge_base(""); }) ==
        list + ": is not an object; a file that holds an object can be a base");
  const std::string number = folder.write("number.json", R"({"base": 1})");
  CHECK(error_of([&] { Document::read(number).merge_base(""); }) ==
        number + ": /base: is not a path; the path of the file to start from");
}

TEST_CASE("values can be set anywhere, and remember that they were typed") {
  Document document = Document::parse(R"({"a": {"b": 1}, "l": [1, {"x": 2}]})", "f.json");
  document.set("/a/c/d", 5, "/a/c/d=5");
  document.set("/l/1/x", 3, "/l/1/x=3");
  CHECK(document.json() == Json::parse(R"({"a": {"b": 1, "c": {"d": 5}}, "l": [1, {"x": 3}]})"));
  CHECK(document.file_of("/a/c/d") == "--set /a/c/d=5");
  CHECK(document.file_of("/a/c") == "--set /a/c/d=5");
  CHECK(document.file_of("/a/b") == "f.json");
  CHECK(
      error_of([&] { document.set("/a/b/c", 1, "/a/b/c=1"); }) ==
      "--set /a/b/c=1: /a/b: is '1', nothing can be set below it; a pointer into an object or array; 'deltasim config "
      "keys run' lists them");
  CHECK(error_of([&] { document.set("/l/2", 1, "/l/2=1"); }) ==
        "--set /l/2=1: /l: has 2 elements, there is no '2'; an index from 0");
  CHECK(error_of([&] { document.set("/l/x", 1, "/l/x=1"); }).find("there is no 'x'") != std::string::npos);
}
