#include "sim/cache/recorder.hpp"

#include "models/error.hpp"
#include "sim/version.hpp"
#include "traces/stream.hpp"

namespace deltasim::sim {

constexpr std::uint64_t least_event_bytes = 5;  // of an event in a stream that is not compressed

template <class Write>
void Recorder::attempt(Write write) {
  try {
    write();
  } catch (const models::InputError& error) {
    writer_.reset();
    store_.give_up_writing(error.what());
  }
}

Recorder::Recorder(models::ReferenceNetwork& reference, const models::Network& network, const models::RuleSet& rules,
                   Store& store, const Store::Claim& claim)
    : reference_(reference), store_(store), claim_(claim) {
  if (!store_.writable()) return;
  attempt([&] {
    traces::StreamInfo info = traces::describe_stream(network, rules, reference.traits());
    info.frame_rate = 1.0;  // the store's streams are looked up by what they hold: rate and source are their users'
    info.source = "cache";
    info.tool = std::string("deltasim ") + version;
    writer_ = std::make_unique<traces::StreamWriter>(store_.draft(claim_), info, traces::Compression::none);
  });
}

Recorder::~Recorder() = default;

bool Recorder::next(models::FrameEvents& out) {
  if (!reference_.next(out)) return false;
  for (const auto& events : out.of_layer) events_ += events.size();
  if (events_ > store_.limit_bytes() / least_event_bytes) writer_.reset();  // would not be kept
  if (writer_) attempt([&] { writer_->append(out, reference_.label()); });
  return true;
}

void Recorder::finish() {
  models::FrameEvents rest;
  while (next(rest)) {  // a machine need not ask for the end
  }
  if (!writer_) return;
  attempt([&] {
    writer_->finish();
    store_.keep_draft(claim_);
  });
}

}  // namespace deltasim::sim
