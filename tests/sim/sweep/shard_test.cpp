#include "sim/sweep/shard.hpp"
#include "models/error.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace deltasim;

namespace {

sim::Shard shard(const std::string& text, const std::map<std::string, std::string>& environment = {}) {
  return sim::read_shard(text, [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

}  // namespace

TEST_CASE("shards I/N part the points") {
  CHECK(shard("").of == 1);
  for (std::uint64_t index = 0; index < 20; ++index) {
    int owners = 0;
    for (const char* text : {"1/3", "2/3", "3/3"}) owners += shard(text).has(index) ? 1 : 0;
    CHECK(owners == 1);
  }
  CHECK(shard("2/3").has(4));
  for (const char* wrong : {"0/3", "4/3", "1", "a/b", "1/", "/3", "-1/3"})
    CHECK_THROWS_WITH_AS(
        shard(wrong),
        ("--shard " + std::string(wrong) + ": is no shard; I/N with I from 1 to N, for example 2/4; or auto").c_str(),
        models::InputError);
}

TEST_CASE("--shard auto takes rank and size from the launcher that started more than one process") {
  const auto open_mpi = shard("auto", {{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "4"}});
  CHECK(open_mpi.number == 2);
  CHECK(open_mpi.of == 4);
  CHECK(shard("auto", {{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}).number == 1);
  const auto array = shard("auto", {{"SLURM_ARRAY_TASK_ID", "5"},
                                    {"SLURM_ARRAY_TASK_COUNT", "3"},
                                    {"SLURM_ARRAY_TASK_MIN", "4"},
                                    {"SLURM_PROCID", "0"},
                                    {"SLURM_NTASKS", "1"}});
  CHECK(array.number == 1);
  CHECK(array.of == 3);
  const auto step = shard("auto", {{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "8"}});
  CHECK(step.number == 3);
  CHECK(step.of == 8);
  CHECK(shard("auto", {{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}}).of == 1);
  CHECK_THROWS_WITH_AS(shard("auto"),
                       "--shard auto: no launcher has set a rank; mpirun, srun or a Slurm array; or --shard I/N",
                       models::InputError);
}
