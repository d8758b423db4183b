#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// What the command lines of the project's programs have in common: options that mean the same everywhere, exit codes
/// (0 done; 2 the user's input; 128 + signal; 1 anything else), messages.
namespace deltasim::sim {

/// What the command line asked for; empty: nothing but --help or --version.
using Work = std::function<int()>;

CLI::Option* add_folder(CLI::App& app, const char* name, std::string& folder, const char* meaning);
CLI::Option* add_cache_limit(CLI::App& app, std::uint64_t& bytes);
/// --set /pointer=value, any number of times.
void add_overrides(CLI::App& app, std::vector<std::string>& overrides, const char* meaning);

/// Parses and does the work that a callback of `app` has put into `work`; returns the exit code. Errors go to stderr,
/// after the program's name.
int run_command_line(CLI::App& app, int argc, char** argv, const Work& work);

}  // namespace deltasim::sim
