#pragma once

#include "hw/mapping.hpp"
#include "hw/routes.hpp"
#include "models/consumers.hpp"
#include "models/event.hpp"
#include "models/integrate.hpp"

#include <cstdint>
#include <vector>

namespace deltasim::hw {

inline models::OutputBox box_of(const Slice& s) {
  return {s.channel_begin, s.channel_end, s.y_begin, s.y_end, s.x_begin, s.x_end};
}

/// Smallest box of a branch's input that holds everything the slice's outputs read; by group for convolutions.
models::OutputBox receptive_field(const models::Branch& branch, const models::Shape& output,
                                  const models::OutputBox& box);

/// A value for every cell of a map that is cut into boxes: where cuts are few, far fewer cells than neurons.
class CellTable {
 public:
  CellTable() = default;
  /// Cuts are positions at which a new cell begins.
  CellTable(const models::Shape& shape, std::vector<std::uint32_t> channel_cuts, std::vector<std::uint32_t> y_cuts,
            std::vector<std::uint32_t> x_cuts);

  std::uint32_t& operator()(std::uint32_t channel, std::uint32_t y, std::uint32_t x) {
    return value_[rows_[y] + columns_[x] + channels_[channel]];
  }
  std::uint32_t operator()(std::uint32_t channel, std::uint32_t y, std::uint32_t x) const {
    return value_[rows_[y] + columns_[x] + channels_[channel]];
  }
  /// Calls `visit(channel, y, x)` with the first neuron of every cell.
  template <typename Visit>
  void each_cell(Visit visit) const {
    for (const std::uint32_t y : y_first_)
      for (const std::uint32_t x : x_first_)
        for (const std::uint32_t c : channel_first_) visit(c, y, x);
  }

 private:
  std::vector<std::uint32_t> channels_, rows_, columns_;  ///< offset into `value_`, by coordinate
  std::vector<std::uint32_t> channel_first_, y_first_, x_first_;
  std::vector<std::uint32_t> value_;
};

/// One place where a layer's events go: one source of one branch of one slice.
struct Feed {
  std::uint32_t slice = 0, branch = 0, source = 0;
};

/// Everything about a run that follows from network and mapping alone: who holds a neuron, where its events go, who
/// waits for whose tokens. Senders are slices by index; the input port comes after the last.
class Plan {
 public:
  /// Errors: std::invalid_argument where the mapping does not cover the network or leaves the mesh.
  Plan(const models::Network& network, const Mapping& mapping, const ChipParams& chip);

  const models::Network& network() const { return network_; }
  const std::vector<Slice>& slices() const { return slices_; }
  Routes& routes() { return routes_; }
  const Routes& routes() const { return routes_; }

  std::uint32_t input_port() const { return static_cast<std::uint32_t>(slices_.size()); }
  std::uint32_t endpoint_of(std::uint32_t sender) const {
    return sender == input_port() ? routes_.input_port() : slices_[sender].core;
  }
  const std::vector<std::uint32_t>& slices_of(models::LayerId layer) const { return slices_of_[layer]; }
  std::uint32_t owner(models::LayerId layer, const models::DeltaEvent& e) const {
    return owner_[layer](e.channel, e.y, e.x);
  }
  /// Cores that hold a consumer whose receptive field contains the event; Routes id 0 where there is none.
  Routes::Id route(models::LayerId layer, const models::DeltaEvent& e) const {
    return route_[layer](e.channel, e.y, e.x);
  }
  const std::vector<Feed>& feeds(models::LayerId producer) const { return feeds_[producer]; }

  /// Slices that what a sender sends can reach, and the senders that can reach a slice.
  const std::vector<std::uint32_t>& consumers(std::uint32_t sender) const { return consumers_[sender]; }
  const std::vector<std::uint32_t>& producers(std::uint32_t slice) const { return producers_[slice]; }
  Routes::Id end_route(std::uint32_t sender) const { return end_route_[sender]; }
  Routes::Id output_route() const { return output_route_; }  ///< to the output port
  Routes::Id ready_route(std::uint32_t slice) const { return ready_route_[slice]; }

  /// Rows of MachineResult: layer by layer, branch by branch.
  std::uint32_t row(models::LayerId layer, std::uint32_t branch = 0) const { return first_row_[layer] + branch; }
  std::uint32_t rows() const { return first_row_.back(); }
  std::uint32_t raw_slices() const { return raw_slices_; }

 private:
  void check_slices(const ChipParams& chip) const;
  void find_owners();
  void find_feeds();
  struct Reach;
  std::vector<Reach> reaches_of(models::LayerId layer) const;
  CellTable route_cells(models::LayerId layer) const;
  void find_routes(models::LayerId layer);
  void link(std::uint32_t producer, std::uint32_t consumer);
  void link_feeds(models::LayerId layer);
  void find_token_routes();

  const models::Network& network_;
  const std::vector<Slice> slices_;
  Routes routes_;
  std::vector<std::vector<std::uint32_t>> slices_of_;
  std::vector<CellTable> owner_, route_;
  std::vector<std::vector<Feed>> feeds_;
  std::vector<std::vector<std::uint32_t>> consumers_, producers_;
  std::vector<Routes::Id> end_route_, ready_route_;
  Routes::Id output_route_ = 0;
  std::vector<std::uint32_t> first_row_;
  std::uint32_t raw_slices_ = 0;
};

}  // namespace deltasim::hw
