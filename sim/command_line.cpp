#include "sim/command_line.hpp"

#include "models/error.hpp"
#include "sim/interrupt.hpp"
#include "sim/suggestion.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <iostream>
#include <new>

namespace deltasim::sim {
namespace {

constexpr int exit_user = 2;
constexpr int exit_failure = 1;

/// Named by the user, but not there: CLI11 would only say that a subcommand is required.
void reject_unknown_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* level = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    std::vector<std::string> names;
    const CLI::App* next = nullptr;
    for (const CLI::App* sub : level->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
      if (names.back() == argv[i]) next = sub;
    }
    if (names.empty()) return;
    if (next == nullptr)
      throw models::InputError("command line", "", fmt::format("there is no command '{}'", argv[i]),
                               suggestion(argv[i], names, "commands"));
    level = next;
  }
}

int say(const std::string& program, int code, const std::string& message) {
  std::cout.flush();
  std::cerr << program << ": error: " << message << "\n";
  return code;
}

int carry_out(const std::string& program, const Work& work) {
  try {
    const int code = work();
    std::cout.flush();
    if (!std::cout) return say(program, exit_failure, "the result could not be written to stdout");
    return code;
  } catch (const models::InputError& error) {
    return say(program, exit_user, error.what());
  } catch (const Interrupted& interrupted) {
    return say(program, 128 + interrupted.signal, "interrupted; nothing half written remains");
  } catch (const std::bad_alloc&) {
    return say(program, exit_failure, "out of memory");
  } catch (const std::exception& error) {
    return say(program, exit_failure, error.what());
  }
}

}  // namespace

CLI::Option* add_folder(CLI::App& app, const char* name, std::string& folder, const char* meaning) {
  return app.add_option(name, folder, meaning)->type_name("DIR")->check([](const std::string& given) {
    return given.empty() ? "the folder has no name" : "";
  });
}

CLI::Option* add_cache_limit(CLI::App& app, std::uint64_t& bytes) {
  return app.add_option("--cache-limit", bytes, "What was not used for longest goes beyond this size")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("4G");
}

void add_overrides(CLI::App& app, std::vector<std::string>& overrides, const char* meaning) {
  app.add_option("--set", overrides, meaning)
      ->type_name("/POINTER=VALUE")
      ->expected(1)  // else the option would swallow the file name that follows it
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

int run_command_line(CLI::App& app, int argc, char** argv, const Work& work) {
  const std::string program = app.get_name();
  try {
    reject_unknown_command(app, argc, argv);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return say(program, exit_user,
               fmt::format("command line: {}; '{} --help' shows the commands", error.what(), program));
  } catch (const models::InputError& error) {
    return say(program, exit_user, error.what());
  }
  return carry_out(program, work);
}

}  // namespace deltasim::sim
