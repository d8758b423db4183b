#pragma once

#include "sim/judge.hpp"
#include "sim/simulation.hpp"

#include <optional>
#include <string>

/// Values of the cache as bytes and back (Boost.Serialization, binary). Absent: the bytes are no such value.
namespace deltasim::sim {

std::string packed(const Simulation& simulation);
std::string packed(const Answers& answers);
std::string packed(const FrameOutputs& outputs);
std::string packed(const models::Calibration& calibration);

bool unpack(const std::string& bytes, Simulation& simulation);
bool unpack(const std::string& bytes, Answers& answers);
bool unpack(const std::string& bytes, FrameOutputs& outputs);
bool unpack(const std::string& bytes, models::Calibration& calibration);

/// Identity of everything that decides what the float network computes.
std::string digest_of_graph(const models::Graph& graph);

/// What the bytes depend on besides the value: the library's version and the machine's integers.
std::string archive_format();

}  // namespace deltasim::sim
