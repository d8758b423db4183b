#include "hw/row_flow.hpp"

#include <algorithm>

namespace deltasim::hw {
namespace {

/// By row of a branch's input: the end of the producer's rows that land in it or above it.
std::vector<std::uint32_t> rows_through(const models::View& view, const models::Shape& producer,
                                        const models::Shape& input) {
  std::vector<std::uint32_t> ends(input.height);
  if (!view.map) {
    for (std::uint32_t y = 0; y < input.height; ++y) ends[y] = y + 1;
    return ends;
  }
  const models::Locator locate(view, producer, input);
  models::DeltaEvent e;
  models::Position at;
  for (std::uint32_t y = 0; y < producer.height; ++y)
    for (std::uint32_t x = 0; x < producer.width; ++x)
      for (e.channel = 0; e.channel < producer.channels; ++e.channel) {
        e.y = static_cast<std::uint16_t>(y);
        e.x = static_cast<std::uint16_t>(x);
        if (locate(e, at)) ends[at.y] = y + 1;
      }
  for (std::uint32_t y = 1; y < input.height; ++y) ends[y] = std::max(ends[y], ends[y - 1]);
  return ends;
}

/// End of the input rows that an output row reads.
std::uint32_t input_end(const models::Branch& branch, std::uint32_t output) {
  if (branch.kind == models::BranchKind::identity) return output + 1;
  const models::Window& w = branch.window;
  const std::int64_t last = std::int64_t{output} * w.stride_h - w.pad_top + std::int64_t{w.kernel_h - 1} * w.dilation_h;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(last + 1, 0, branch.input.height));
}

std::uint32_t rows_within(const std::vector<std::uint32_t>& needs, std::uint32_t end) {
  return static_cast<std::uint32_t>(std::upper_bound(needs.begin(), needs.end(), end) - needs.begin());
}

}  // namespace

RowFlow::RowFlow(Plan& plan) : plan_(plan), announced_(plan.input_port() + 1) {
  complete_.resize(plan.slices().size());
  for (std::uint32_t s = 0; s < complete_.size(); ++s) complete_[s].resize(plan.producers(s).size());
  for (std::uint32_t sender = 0; sender <= plan.input_port(); ++sender) {
    const models::LayerId layer = sender == plan.input_port() ? 0 : plan.slices()[sender].layer;
    std::vector<Needs> needs;
    std::vector<std::uint32_t> cores;
    for (const std::uint32_t s : plan.consumers(sender)) {
      needs.push_back(needs_of(s, layer));
      cores.push_back(plan.slices()[s].core);
    }
    announce(sender, needs);
    route_.push_back(plan.routes().intern(cores));
  }
}

RowFlow::Needs RowFlow::needs_of(std::uint32_t slice, models::LayerId producer) const {
  const auto& layers = plan_.network().layers;
  const Slice& s = plan_.slices()[slice];
  Needs needs(s.y_end - s.y_begin);
  for (const models::Branch& branch : layers[s.layer].branches)
    for (const models::Source& source : branch.sources) {
      if (source.producer != producer) continue;
      const std::vector<std::uint32_t> ends = rows_through(source.view, layers[producer].output, branch.input);
      for (std::uint32_t y = 0; y < needs.size(); ++y)
        if (const std::uint32_t end = input_end(branch, s.y_begin + y); end != 0)
          needs[y] = std::max(needs[y], ends[end - 1]);
    }
  for (std::size_t y = 1; y < needs.size(); ++y) needs[y] = std::max(needs[y], needs[y - 1]);
  return needs;
}

void RowFlow::announce(std::uint32_t sender, const std::vector<Needs>& needs) {
  const bool input = sender == plan_.input_port();
  const std::uint32_t begin = input ? 0 : plan_.slices()[sender].y_begin;
  const std::uint32_t end = input ? plan_.network().layers[0].output.height : plan_.slices()[sender].y_end;
  const auto& consumers = plan_.consumers(sender);
  std::vector<std::vector<std::uint32_t>*> complete;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const auto& producers = plan_.producers(consumers[i]);
    const auto at = std::lower_bound(producers.begin(), producers.end(), sender) - producers.begin();
    complete.push_back(&complete_[consumers[i]][static_cast<std::size_t>(at)]);
    complete.back()->push_back(rows_within(needs[i], begin));
  }
  for (std::uint32_t row = begin + 1; row < end; ++row) {
    bool useful = false;
    for (std::size_t i = 0; i < needs.size(); ++i) useful |= rows_within(needs[i], row) > complete[i]->back();
    if (!useful) continue;
    announced_[sender].push_back(row);
    for (std::size_t i = 0; i < needs.size(); ++i) complete[i]->push_back(rows_within(needs[i], row));
  }
}

}  // namespace deltasim::hw
