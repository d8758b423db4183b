#include "sim/page/page.hpp"

#include "tests/sim/cli_program.hpp"
#include "tests/sim/page/small_report.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::test;

namespace {

constexpr const char* as_written = "the file as deltasim wrote it";

/// What is said about a report.json with this text; "" where a page was made.
std::string error_of(const TemporaryFolder& folder, const std::string& text) {
  const std::string file = folder.write("run/report.json", text);
  try {
    sim::page_data({file}, folder / "page.html");
  } catch (const models::InputError& error) {
    const std::string message = error.what();
    REQUIRE(message.rfind(file + ": ", 0) == 0);
    return message.substr(file.size() + 2);
  }
  return "";
}

void write_sweep(const TemporaryFolder& folder, const std::string& csv) {
  folder.write("sw/sweep.json", R"({"tool": {"name": "deltasim", "version": "0.1.0"}, "points": {"total": 2},
    "axes": [{"name": "threshold"}, {"name": "network"}]})");
  folder.write("sw/sweep.csv", csv);
}

std::string error_without(const std::string& pointer) {
  const TemporaryFolder folder;
  sim::Json report = small_report();
  const sim::Json::json_pointer at(pointer);
  report[at.parent_pointer()].erase(at.back());
  return error_of(folder, report.dump());
}

std::string error_with(const std::string& pointer, const sim::Json& value) {
  const TemporaryFolder folder;
  sim::Json report = small_report();
  report[sim::Json::json_pointer(pointer)] = value;
  return error_of(folder, report.dump());
}

}  // namespace

TEST_CASE("a page has all its parts and forbids itself the network") {
  const std::string page = sim::page_text({{"kind", "run"}});
  CHECK(page.rfind("<!DOCTYPE html>", 0) == 0);
  CHECK(contains(page, "default-src 'none'"));
  CHECK(contains(page, R"(id="data">{"kind":"run"}</script>)"));
  CHECK(contains(page, "Chart.js v3"));
  CHECK(contains(page, "without limitation the rights to use, copy"));
  for (const char* place : {"@STYLE@", "@CHART@", "@SCRIPT@", "@DATA@", "sourceMappingURL"})
    CHECK_FALSE(contains(page, place));
  CHECK(page.size() < 1000000);
}

TEST_CASE("no string can end the element that holds the data") {
  const std::string nasty = "</script><script>alert(1)</script><!-- \xe2\x80\xa8 \xff \" \\ \n";
  const std::string page = sim::page_text({{"kind", nasty}});
  const std::size_t begin = page.find("id=\"data\">") + 10, end = page.find("</script>", begin);
  const std::string data = page.substr(begin, end - begin);
  CHECK(data.find_first_of("<\n") == std::string::npos);
  const std::string back = sim::Json::parse(data)["kind"];
  CHECK(back == "</script><script>alert(1)</script><!-- \xe2\x80\xa8 \xef\xbf\xbd \" \\ \n");
}

TEST_CASE("a run is its report without activity counts, and its frames") {
  const TemporaryFolder folder;
  folder.write("run/report.json", small_report().dump());
  CHECK(sim::page_data({folder / "run"}, "page.html")["runs"][0]["frames"].is_null());
  folder.write(
      "run/frames.csv",
      "execution,frame,layer,events,macs,macs_nonzero_weight,cycles,energy_pj\n"
      "delta,0,\"a, b\",5,6,6,7,1.5\ndelta,0,c,8,9,9,10,2.5\ndelta,1,\"a, b\",0,0,0,1,0\ndelta,1,c,2,3,3,4,0.5\n");
  const sim::Json data = sim::page_data({folder / "run"}, folder / "page.html");
  CHECK(data["kind"] == "run");
  CHECK(data["runs"][0]["name"] == "run");
  const sim::Json& delta = data["runs"][0]["report"]["executions"]["delta"];
  CHECK(delta["cycles"] == 100);
  CHECK_FALSE(delta["layers"][0].contains("counts"));
  CHECK(data["runs"][0]["frames"]["layers"] == sim::Json{"a, b", "c"});
  CHECK(data["runs"][0]["frames"]["executions"]["delta"]["events"].dump() == "[[5.0,8.0],[0.0,2.0]]");
}

TEST_CASE("runs are named by their folders, as far up as tells them apart") {
  const TemporaryFolder folder;
  const std::string text = small_report().dump();
  for (const char* name : {"a/x", "b/x", "y"}) folder.write(std::string(name) + "/report.json", text);
  const sim::Json data =
      sim::page_data({folder / "a/x", folder / "b/x/report.json", folder / "y/", folder / "y"}, "p.html");
  CHECK(data["kind"] == "runs");
  std::vector<std::string> names;
  for (const sim::Json& run : data["runs"]) names.push_back(run["name"]);
  CHECK(names[0] == "a/x");
  CHECK(names[1] == "b/x");
  CHECK(names[2] != names[3]);
}

TEST_CASE("what is no report of this version is refused, with its place") {
  const TemporaryFolder folder;
  REQUIRE(error_of(folder, small_report().dump()) == "");
  CHECK(error_of(folder, "{}") ==
        "is not the report.json of a deltasim run; report.json as 'deltasim run -o DIR' writes it");
  CHECK(error_of(folder, "[1]") ==
        "is not the report.json of a deltasim run; report.json as 'deltasim run -o DIR' writes it");
  const std::string whole = small_report().dump(1);
  CHECK(contains(error_of(folder, whole.substr(0, whole.size() / 2)), "line "));
  CHECK(contains(error_of(folder, ""), "line 1"));
  CHECK(error_without("/workload/layers") ==
        "/workload/layers: is missing (the file was written by deltasim 0.0.1); a file of deltasim " DELTASIM_VERSION
        ": run it again");
  CHECK(error_with("/executions/delta/cores/0/cycles_by_cause", 7) ==
        std::string("/executions/delta/cores/0/cycles_by_cause: is number, not object; ") + as_written);
  CHECK(error_with("/executions/delta/layers/0", nullptr) ==
        std::string("/executions/delta/layers/0: is null, not object; ") + as_written);
  CHECK(error_with("/executions/delta/energy_pj", nullptr) == "");  // no energy table
  CHECK(error_with("/executions", sim::Json::object()) == "/executions: is empty; " + std::string(as_written));
}

TEST_CASE("what tuning left beside a report is read, or refused") {
  const TemporaryFolder folder;
  folder.write("run/report.json", small_report().dump());
  CHECK(sim::page_data({folder / "run"}, "page.html")["runs"][0]["tune"].is_null());
  const std::string file = folder.write("run/tune.json", R"({"tool": {"name": "deltasim"}, "curves": {}})");
  check_refused({"report", folder / "run", "-o", folder / "p.html"},
                file +
                    ": /objective: is missing (the file was written by deltasim of unknown version); a file of "
                    "deltasim " DELTASIM_VERSION ": run it again");
}

TEST_CASE("a damaged frames.csv is refused with its line") {
  const std::string header = "execution,frame,layer,events,macs,macs_nonzero_weight,cycles,energy_pj\n";
  struct Case {
    std::string text, problem;
  };
  const Case cases[] = {
      {"", "is empty; "},
      {"execution,frame\n", "line 1: has no column 'layer'; "},
      {header + "delta,0,a,1,1,1,1\n", "line 2: 7 cells under a header of 8; "},
      {header + "delta,0,a,1,1,1,1,1\ndelta,0,b,1,1,1", "line 3: the file ends within a row; "},
      {header + "delta,0,a,1,1,1,1,x\n", "line 2: 'x' is no number (energy_pj); "},
      {header + "delta,1,a,1,1,1,1,1\n", "line 2: frames are out of order; "},
  };
  for (const Case& damaged : cases) {
    CAPTURE(damaged.text);
    const TemporaryFolder folder;
    folder.write("run/report.json", small_report().dump());
    const std::string file = folder.write("run/frames.csv", damaged.text);
    std::string message = "no error";
    try {
      sim::page_data({folder / "run"}, "page.html");
    } catch (const models::InputError& error) {
      message = error.what();
    }
    CHECK(message.rfind(file, 0) == 0);
    CHECK(contains(message, damaged.problem));
  }
}

TEST_CASE("the command refuses what is not there, and what would replace an input") {
  const TemporaryFolder folder;
  folder.write("empty/notes.txt", "");
  const std::string wanted = "the folder of a run or of a sweep, or report.json files";
  check_refused({"report", folder / "nothing", "-o", folder / "p.html"},
                folder / "nothing" + ": no such file or folder; " + wanted);
  check_refused({"report", folder / "empty", "-o", folder / "p.html"},
                folder / "empty" +
                    ": the folder holds neither report.json (of 'deltasim run -o') nor sweep.json (of a sweep); " +
                    wanted);
  const std::string report = folder.write("run/report.json", small_report().dump());
  check_refused({"report", report, "-o", report}, report + ": is no name of a page; a name that ends in .html");
  check_refused(
      {"report", report, "-o", folder / "no/p.html"},
      folder / "no/p.html" +
          ": cannot be written (No such file or directory); name a file in a folder that exists and is writable");
  CHECK(folder.entries() == 2);
  const Outcome outcome = program({"report", folder / "run", "-o", folder / "p.html"});
  CHECK(outcome.code == 0);
  CHECK(contains(folder.read("p.html"), "</html>"));
}

TEST_CASE("a sweep is its table, with numbers as numbers and links from where the page stands") {
  const TemporaryFolder folder;
  write_sweep(folder,
              "id,threshold,network,macs,cycles,energy_pj,status,message,report\n"
              "0000,1.5,net.json,10,20,1e3,done,,points/0000/report.json\n"
              "0001,2,net.json,,,,failed,\"no, such \"\"file\"\"\",\n");
  const sim::Json data = sim::page_data({folder / "sw"}, folder / "pages/all.html");
  CHECK(data["kind"] == "sweep");
  CHECK(data["name"] == "sw");
  CHECK(data["folder"] == "../sw");
  CHECK(data["rows"].dump() == R"([["0000",1.5,"net.json",10.0,20.0,1000.0,"done",null,"points/0000/report.json"],)"
                               R"(["0001",2.0,"net.json",null,null,null,"failed","no, such \"file\"",null]])");
  CHECK(sim::page_data({folder / "sw/sweep.json"}, folder / "sw/all.html")["folder"] == ".");
}

TEST_CASE("a sweep without its table, or with another, is refused") {
  const TemporaryFolder folder;
  write_sweep(folder, "id,threshold,macs,cycles,energy_pj,status,message,report\n");
  check_refused({"report", folder / "sw", "-o", folder / "p.html"},
                folder / "sw/sweep.csv" +
                    ": line 1: has no column 'network'; sweep.csv and sweep.json of one sweep of this version");
  std::filesystem::remove(folder / "sw/sweep.csv");
  check_refused({"report", folder / "sw", "-o", folder / "p.html"},
                folder / "sw/sweep.csv" +
                    ": no such file: the sweep has written no results yet; the same 'deltasim sweep' "
                    "command again: it goes on where it was");
  check_refused({"report", folder / "sw", folder / "sw", "-o", folder / "p.html"},
                folder / "sw" + ": a sweep has a page of its own; one sweep folder, or runs alone");
  folder.write("sw/sweep.json", R"({"tool": {"name": "deltasim"}})");
  check_refused({"report", folder / "sw", "-o", folder / "p.html"},
                folder / "sw/sweep.json" +
                    ": is not the sweep.json of a deltasim sweep; sweep.json as 'deltasim sweep -o DIR' writes it");
}
