#pragma once

#include "hw/dram.hpp"
#include "hw/functional.hpp"
#include "hw/ledger.hpp"
#include "hw/observer.hpp"
#include "hw/own_values.hpp"
#include "hw/packet.hpp"
#include "hw/params.hpp"
#include "hw/plan.hpp"
#include "hw/row_flow.hpp"
#include "hw/stream.hpp"

namespace deltasim::hw {

/// What all units of one simulated chip refer to.
struct Chip {
  const ChipParams& params;
  Plan& plan;
  Schedule& schedule;
  PacketPool& packets;
  Stream& stream;
  Ledger& ledger;
  Functional* functional;        ///< null: no check
  OwnValues* own;                ///< null: cores send what the stream says
  Dram* dram;                    ///< null: none
  const RowFlow* rows;           ///< null: slices evaluate at the frame's end
  Observer* observer = nullptr;  ///< null: nobody looks
};

}  // namespace deltasim::hw
