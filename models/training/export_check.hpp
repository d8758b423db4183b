#pragma once

#include "models/training/trained_network.hpp"

namespace deltasim::models::training {

/// InputError naming the layer where a network cannot be written in this form, or is not complete. Free of torch.
void check_exportable(const TrainedNetwork& network, const ExportOptions& options,
                      const std::vector<LayerGeometry>& geometry);

}  // namespace deltasim::models::training
