#pragma once

#include "models/training/trainer.hpp"

#include <string>
#include <vector>

/// What is told of a training: the line of an epoch, the table of all. Pure functions of records.
namespace deltasim::sim {

/// log.csv: a row per epoch; figures of the test are empty where an epoch was not tested. Behind them, two columns per
/// layer: shares of its neurons that are not 0, and that changed.
std::string log_csv(const std::vector<models::training::EpochRecord>& records);

/// Heading of the lines on stdout.
std::string epoch_heading();
/// At most 100 columns. The view of layers: one letter each, from the input on, as high as the share of neurons that
/// changed; neighbours share one where there are too many.
std::string epoch_line(const models::training::EpochRecord& record, std::uint64_t epochs);

/// The letters of that view.
std::string density_letters(const std::vector<models::training::LayerActivity>& layers, std::size_t most);

/// Last record that was tested; null where none was.
const models::training::EpochRecord* last_tested(const std::vector<models::training::EpochRecord>& records);

}  // namespace deltasim::sim
