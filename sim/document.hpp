#pragma once

#include "models/error.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace deltasim::sim {

using Json = nlohmann::ordered_json;

/// One step of a JSON pointer, escaped.
std::string pointer_step(const std::string& key);
/// The key of a step without its "/".
std::string pointer_key(const std::string& step);

/// JSON from one or several files: every value remembers the file and the place where it stands, for messages and for
/// paths that are relative to the file that names them.
class Document {
 public:
  /// Errors of all functions: InputError with file and place.
  static Document read(const std::string& path);
  static Document parse(const std::string& text, const std::string& file);

  const Json& json() const { return json_; }
  /// Null where nothing stands at `pointer`.
  const Json* find(const std::string& pointer) const;

  /// The file in which the value at `pointer` stands.
  std::string file_of(const std::string& pointer) const { return origin(pointer).file; }
  models::InputError error(const std::string& pointer, const std::string& problem, const std::string& remedy) const;
  /// `path` as named by the value at `pointer`: relative to the folder of the file in which it stands.
  std::string resolve_path(const std::string& pointer, const std::string& path) const;

  /// Puts the content of a file in the place of the path at `pointer`.
  void load(const std::string& pointer);
  /// Where the object at `pointer` has a key "base": the file that it names, with the object's other keys merged over
  /// it.
  void merge_base(const std::string& pointer);
  /// The value at `pointer` becomes {key: value}.
  void wrap(const std::string& pointer, const std::string& key);
  /// The value at `from` moves to `to`, whose parent exists.
  void move(const std::string& from, const std::string& to);
  /// Sets a value from the command line; creates the objects on the way. `text`: what the user typed, for messages.
  void set(const std::string& pointer, const Json& value, const std::string& text);
  /// The same with a value of another document: it stands, and its paths begin, where `place` of `from` does.
  void put(const std::string& pointer, const Json& value, const Document& from, const std::string& place);
  /// What stands at `pointer`, alone, with its origins.
  Document part(const std::string& pointer) const;

 private:
  struct Origin {
    std::string file, place;
    std::string folder;              ///< paths are relative to it
    bool typed = false;              ///< on the command line: paths may also be relative to the current folder
    std::vector<std::string> chain;  ///< files that led here, for cycles
  };

  const Origin& recorded(const std::string& pointer, std::size_t* matched) const;
  Origin origin(const std::string& pointer) const;
  Json& at(const std::string& pointer);
  Document read_from(const std::string& pointer, const std::string& path) const;
  void graft(const std::string& pointer, Document part);
  void put_value(const std::string& pointer, const Json& value, const Origin& from);
  void merge(const std::string& pointer, const Document& over, const std::string& over_pointer);

  Json json_;
  std::map<std::string, Origin> origins_;  ///< by pointer; holds for everything below that has none of its own
};

}  // namespace deltasim::sim
