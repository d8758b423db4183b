#pragma once

#include "sim/commands.hpp"
#include "sim/sweep/folder.hpp"

namespace deltasim::sim {

/// Writes DIR/slurm.sh, a job array of which each task runs a shard of the sweep into the same folder, and submits it
/// with sbatch unless `command.dry_run`. Prints the job's number, or how to submit.
int submit_to_slurm(const SweepCommand& command, const SweepFolder& folder);

}  // namespace deltasim::sim
