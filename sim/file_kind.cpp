#include "sim/file_kind.hpp"

#include <filesystem>
#include <utility>

namespace deltasim::sim {

const char* name_of(FileKind kind) {
  switch (kind) {
    case FileKind::run:
      return "run";
    case FileKind::sweep:
      return "sweep";
    case FileKind::hw:
      return "hw";
    case FileKind::systolic:
      return "systolic";
    case FileKind::energy:
      return "energy";
    case FileKind::network:
      break;
  }
  return "network";
}

Document read_with_base(const std::string& path) {
  Document document = Document::read(path);
  document.merge_base("");
  return document;
}

FileKind kind_of_file(const std::string& path) {
  Document document = Document::read(path);
  if (document.json().is_object() && document.json().contains("axes")) return FileKind::sweep;  // its base is a run
  document.merge_base("");
  if (!document.json().is_object())
    throw document.error("", "is not a JSON object", "a run, sweep, hardware, energy or network file");
  constexpr std::pair<const char*, FileKind> telling[] = {{"network", FileKind::run},
                                                          {"executions", FileKind::run},
                                                          {"model", FileKind::network},
                                                          {"operations", FileKind::energy},
                                                          {"activities", FileKind::energy},
                                                          {"dataflow", FileKind::systolic},
                                                          {"fold_overlap", FileKind::systolic},
                                                          {"ifmap_bytes", FileKind::systolic},
                                                          {"core", FileKind::hw},
                                                          {"noc", FileKind::hw},
                                                          {"clock_mhz", FileKind::hw},
                                                          {"node_nm", FileKind::hw}};
  for (const auto& [key, kind] : telling)
    if (document.json().contains(key)) return kind;
  constexpr std::pair<const char*, FileKind> folders[] = {{"runs", FileKind::run},
                                                          {"sweeps", FileKind::sweep},
                                                          {"hw", FileKind::hw},
                                                          {"energy", FileKind::energy},
                                                          {"networks", FileKind::network}};
  const std::string folder = std::filesystem::absolute(path).parent_path().filename().string();
  for (const auto& [name, kind] : folders)
    if (folder == name) return kind;
  throw document.error("", "is neither a run, hardware, energy nor network file",
                       "a run file has the keys network, input, energy; a hardware file core, noc; an energy table "
                       "operations; a network description model");
}

}  // namespace deltasim::sim
