#pragma once

#include "sim/document.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Results as one page that needs nothing beside itself: styles, scripts, the chart library and the data stand in it,
/// and its Content-Security-Policy forbids it to load anything.
namespace deltasim::sim {

/// What a page shows, as its scripts read it:
///   {"kind": "run" | "runs", "runs": [{"name", "report", "frames", "tune"}]}
///   {"kind": "sweep", "name", "folder", "sweep", "columns", "rows"}
/// @param inputs  folders of runs, their report.json files, or one folder of a sweep
/// @param page    where the page will stand: links to a sweep's points are relative to it
/// Errors: InputError with file, place and remedy for what is missing, truncated, foreign or older.
Json page_data(const std::vector<std::string>& inputs, const std::string& page);

/// The page. `data` cannot end the element in which it stands, whatever its strings hold.
std::string page_text(const Json& data);
/// Another page, of the same making, around its data.
std::string page_text(const Json& data, std::string_view before, std::string_view after);

/// Page before and after its data; generated from the files of sim/page by page.cmake.
extern const std::string_view page_before_data, page_after_data;

}  // namespace deltasim::sim
