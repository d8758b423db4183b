#include "models/error.hpp"
#include "sim/commands.hpp"
#include "sim/page/page.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace deltasim::sim {

int report_command(const ReportCommand& command) {
  const std::string type = std::filesystem::path(command.output).extension().string();
  if (type != ".html" && type != ".htm")  // a slip must not replace one of the inputs
    throw models::InputError(command.output, "", "is no name of a page", "a name that ends in .html");
  const std::string page = page_text(page_data(command.inputs, command.output));
  traces::write_file(command.output, page);
  fmt::print("page: {}\n", command.output);
  return 0;
}

}  // namespace deltasim::sim
