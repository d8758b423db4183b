#include "sim/sweep/slurm.hpp"

#include "models/error.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <sys/wait.h>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

/// For a shell: nothing in it means anything.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

/// A value of an #SBATCH line stands alone on it.
std::string checked(const char* option, const std::string& value) {
  if (value.find_first_of(" \t\n\r\"'\\") != std::string::npos)
    throw models::InputError(fmt::format("{} {}", option, value), "", "has blanks or quotes in it",
                             "a word that sbatch understands");
  return value;
}

std::string script(const SweepCommand& command, const SweepFolder& folder) {
  const std::uint64_t jobs = command.jobs.value_or(1);
  std::string text = "#!/bin/bash\n#SBATCH --job-name=deltasim-sweep\n#SBATCH --requeue\n#SBATCH --open-mode=append\n";
  text +=
      fmt::format("#SBATCH --array=0-{}\n#SBATCH --ntasks=1\n#SBATCH --cpus-per-task={}\n", command.tasks - 1, jobs);
  if (!command.partition.empty()) text += "#SBATCH --partition=" + checked("--partition", command.partition) + "\n";
  if (!command.time.empty()) text += "#SBATCH --time=" + checked("--time", command.time) + "\n";
  if (!command.memory.empty()) text += "#SBATCH --mem=" + checked("--memory", command.memory) + "\n";
  text += "# A task that is requeued goes on with what is left of its shard.\n";
  text += fmt::format("exec {} sweep {} -o {} --jobs {} --shard $((SLURM_ARRAY_TASK_ID + 1))/{}",
                      quoted(fs::read_symlink("/proc/self/exe").string()), quoted(absolute(command.file)),
                      quoted(absolute(folder.path())), jobs, command.tasks);
  if (!command.cache.empty()) text += " --cache " + quoted(absolute(command.cache));
  text += fmt::format(" --cache-limit {}", command.cache_limit_bytes);
  if (command.retry_failed) text += " --retry-failed";
  return text + "\n";
}

std::string output_of(const std::string& shell_command) {
  std::FILE* raw = popen(shell_command.c_str(), "r");
  if (raw == nullptr) throw std::runtime_error("sbatch cannot be started");
  std::string text;
  std::array<char, 256> part{};
  while (std::fgets(part.data(), static_cast<int>(part.size()), raw) != nullptr) text += part.data();
  const int status = pclose(raw);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    throw models::InputError("--slurm", "", "there is no program sbatch here",
                             "a login node of the cluster; or --dry-run, and submit slurm.sh there");
  if (status != 0) throw std::runtime_error("sbatch did not take the job; its message stands above");
  return text;
}

}  // namespace

int submit_to_slurm(const SweepCommand& command, const SweepFolder& folder) {
  const std::string file = folder.file("slurm.sh"), logs = absolute(folder.file("slurm"));
  fs::create_directories(logs);
  traces::write_file(file, script(command, folder));
  // On the command line, where quoting is the shell's: folders may have blanks in their names
  const std::string submit =
      fmt::format("sbatch --parsable --output={} {}", quoted(logs + "/%A_%a.txt"), quoted(absolute(file)));
  if (command.dry_run) {
    fmt::print("{}: submit it with\n{}\n", file, submit);
    return 0;
  }
  std::string job = output_of(submit);
  while (!job.empty() && (job.back() == '\n' || job.back() == '\r')) job.pop_back();
  fmt::print("job {}: {} tasks; 'deltasim sweep --status {}' says where it stands\n", job, command.tasks,
             folder.path());
  return 0;
}

}  // namespace deltasim::sim
