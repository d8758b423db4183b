#pragma once

#include "models/network.hpp"

namespace deltasim::models {

/// Real value of code 1 on every channel of the branch's input (sole entry: all channels alike). Sigma-delta messages
/// are coarser than their layer's codes by the message shift.
/// Errors: InputError where a branch other than identity joins tensors of different steps, none of which has steps per
/// channel: weights know nothing of it, so their sum has no unit.
std::vector<double> input_steps(const Network& network, const Branch& branch);

/// The step in which a convolution's weights count its inputs: that of its first source.
double reference_step(const Network& network, const Branch& branch);

/// input_steps over reference_step, by input channel (sole entry: all): what a convolution's real weights are
/// multiplied with before they are quantised. Empty: 1.
std::vector<double> step_ratios(const Network& network, const Branch& branch);

/// Real value of one unit of the branch's sums, per output channel (sole entry: all): s_x s_w; an average pool's sum
/// counts as the sum, not as the mean.
std::vector<double> accumulator_scale(const Network& network, const Branch& branch);

/// Derives every multiplier M = round(s_x s_w / s_y 2^24) and every output scale from the steps and weight scales,
/// which must be set: after quantising, and anew after steps have changed.
///
/// A raw_output layer with one branch keeps its sums (M = 2^24, output_scale = s_x s_w; average pool: / n). Where
/// several branches with different units meet in one, its output is the sum of acc * M, not shifted: M = 2^24 stands
/// for the finest of the branches' units, but at least 2^-12 of the coarsest, so that products stay within 64 bits.
///
/// Errors: InputError for multipliers that do not fit.
void derive_multipliers(Network& network);

}  // namespace deltasim::models
