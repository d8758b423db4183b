#pragma once

#include "hw/dram.hpp"

namespace deltasim::sim {

/// The thought experiment on the machine itself: a 3x3 layer 64 -> 64 whose weights and state live in DRAM gets every
/// neuron of its 8 x 8 input as an event. What moves in a frame that is not the first (a key frame, which reads no
/// state), in words of 8 bit for weights and 16 bit for accumulators and references.
/// @param deltas  events are changes, and state is kept; else every frame starts from the bias
hw::DramWords dram_words_of_machine(hw::Reuse reuse, bool deltas);

}  // namespace deltasim::sim
