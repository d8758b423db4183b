#pragma once

#include <stdexcept>
#include <string>

namespace deltasim::models {

/// The user's input is at fault: exit code 2. Every such message says where, what is wrong and what would be right.
/// Our own faults are asserts; expected absence is std::optional.
class InputError : public std::runtime_error {
 public:
  /// @param file     the file as the user named it; may be empty, see in_file()
  /// @param place    JSON pointer, node, data set, line or byte; may be empty
  /// @param problem  what is wrong
  /// @param remedy   what would be right
  InputError(const std::string& file, const std::string& place, const std::string& problem, const std::string& remedy)
      : std::runtime_error(before(file) + before(place) + problem + (remedy.empty() ? "" : "; " + remedy)),
        names_file_(!file.empty()) {}

  /// The same with its file, where the thrower did not know it: networks and rules come without files.
  InputError in_file(const std::string& file) const { return names_file_ ? *this : InputError(file, "", what(), ""); }

 private:
  static std::string before(const std::string& part) { return part.empty() ? "" : part + ": "; }

  bool names_file_;
};

}  // namespace deltasim::models
