#include "sim/cache/recorder.hpp"

#include "models/error.hpp"
#include "sim/version.hpp"
#include "traces/stream.hpp"

namespace deltasim::sim {

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
                   Store& store, std::string key)
    : reference_(reference), store_(store), key_(std::move(key)) {
  if (!store_.writable()) return;
  attempt([&] {
    traces::StreamInfo info = traces::describe_stream(network, rules, reference.traits());
    info.frame_rate = 1.0;  // the store's streams are looked up by what they hold: rate and source are their users'
    info.source = "cache";
    info.tool = std::string("deltasim ") + version;
    writer_ = std::make_unique<traces::StreamWriter>(store_.draft(key_), info, traces::Compression::none);
  });
}

Recorder::~Recorder() = default;

bool Recorder::next(models::FrameEvents& out) {
  if (!reference_.next(out)) return false;
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
    store_.keep_draft(key_);
  });
}

}  // namespace deltasim::sim
