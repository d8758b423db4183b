#pragma once

#include "models/training/trainer.hpp"

#include <string>
#include <utility>
#include <vector>

/// What a training needs to go on as if it had never stopped. Free of torch.
namespace deltasim::models::training {

/// Numbers by name, as a module or an optimiser holds them.
using NamedValues = std::vector<std::pair<std::string, std::vector<float>>>;

struct Checkpoint {
  /// What must be equal for a training to go on: every option, the network's layers, the data's size.
  std::vector<std::pair<std::string, std::string>> identity;
  std::uint64_t epoch = 0;  ///< the last one that is complete; what is drawn at random depends on seed and epoch alone
  std::uint64_t steps = 0;  ///< of the optimiser
  std::uint64_t skipped = 0;  ///< epochs that were left out for want of progress
  std::uint64_t since_best = 0;
  double best = -1;  ///< accuracy of best_weights; below 0: none
  NamedValues weights, optimiser, best_weights;
  std::vector<EpochRecord> records;
};

/// Beside the file and renamed. Errors: InputError naming the file.
void write_checkpoint(const Checkpoint& checkpoint, const std::string& path);
/// Errors: InputError naming the file: no checkpoint, another version, truncated or changed (a checksum tells).
Checkpoint read_checkpoint(const std::string& path);
/// Errors: InputError naming the file and what differs first.
void check_identity(const Checkpoint& checkpoint, const std::vector<std::pair<std::string, std::string>>& expected,
                    const std::string& path);

}  // namespace deltasim::models::training
