#include "sim/page/page.hpp"

namespace deltasim::sim {

std::string page_text(const Json& data) { return page_text(data, page_before_data, page_after_data); }

std::string page_text(const Json& data, std::string_view before, std::string_view after) {
  // ASCII alone: no character of a string can be a line end to JavaScript; replaced where it is no UTF-8
  const std::string json = data.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string page(before);
  page.reserve(page.size() + json.size() + after.size());
  for (const char c : json) {
    if (c == '<')
      page += "\\u003c";  // within strings alone; "</script>" would end the data, "<!--" swallow the rest
    else
      page += c;
  }
  return page.append(after);
}

}  // namespace deltasim::sim
