#include "sim/sweep/shard.hpp"

#include "models/error.hpp"

#include <algorithm>
#include <optional>

namespace deltasim::sim {
namespace {

struct Launcher {
  const char *rank, *size, *first;  ///< `first`: the lowest rank; null: 0
};
constexpr Launcher launchers[] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", nullptr},
                                  {"PMI_RANK", "PMI_SIZE", nullptr},
                                  {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN"},
                                  {"SLURM_PROCID", "SLURM_NTASKS", nullptr}};

std::optional<std::uint64_t> number(const std::string& text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoul(text);
}

std::optional<std::uint64_t> number(const char* text) {
  return text == nullptr ? std::nullopt : number(std::string(text));
}

Shard from_launcher(const Environment& environment) {
  std::optional<Shard> alone;
  for (const Launcher& launcher : launchers) {
    const auto rank = number(environment(launcher.rank)), size = number(environment(launcher.size));
    const auto first = launcher.first == nullptr ? 0 : number(environment(launcher.first)).value_or(0);
    if (!rank || !size || *rank < first || *rank - first >= *size) continue;
    if (*size > 1) return {*rank - first, *size};
    alone = Shard{};
  }
  if (alone) return *alone;
  throw models::InputError("--shard auto", "", "no launcher has set a rank",
                           "mpirun, srun or a Slurm array; or --shard I/N");
}

}  // namespace

Shard read_shard(const std::string& text, const Environment& environment) {
  if (text.empty()) return {};
  if (text == "auto") return from_launcher(environment);
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto which = number(text.substr(0, slash));
  const auto of = slash < text.size() ? number(text.substr(slash + 1)) : std::nullopt;
  if (!which || !of || *which < 1 || *which > *of)
    throw models::InputError("--shard " + text, "", "is no shard", "I/N with I from 1 to N, for example 2/4; or auto");
  return {*which - 1, *of};
}

std::uint64_t processes_here(const Environment& environment) {
  for (const char* name : {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"})
    if (const auto size = number(environment(name))) return std::max<std::uint64_t>(1, *size);
  return 1;
}

}  // namespace deltasim::sim
