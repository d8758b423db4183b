#include "sim/tune/tune_output.hpp"

#include "sim/config.hpp"
#include "sim/config_writer.hpp"
#include "sim/run_describe.hpp"
#include "sim/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace deltasim::sim {
namespace {

template <class Enum>
std::string name_of(Enum value) {
  return split_names(names_of(value)).at(static_cast<std::size_t>(value));
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

std::string knob_name(const std::vector<std::string>& layers) { return fmt::format("{}", fmt::join(layers, " + ")); }

Json thresholds_of(const TuneResult& r, const Setting& setting) {
  Json json = Json::object();
  for (std::size_t k = 0; k < r.knobs.size(); ++k)
    for (const auto& layer : r.knobs[k]) json[layer] = r.scale[setting[k]];
  return json;
}

Json unit_loss(const TuneResult& r, double loss) { return or_null(in_unit(r.metric, loss)); }

Json point_json(const TuneResult& r, const TunePoint& p) {
  Json json;
  if (p.limit) json["max_loss"] = unit_loss(r, *p.limit);
  if (p.threshold) json["threshold"] = *p.threshold;
  if (p.limit) json["thresholds"] = thresholds_of(r, p.setting);
  json["calibration"] = {{"search_loss", unit_loss(r, p.search_loss)},
                         {"check_loss", unit_loss(r, p.check_loss)},
                         {"estimated_cost", p.estimated_cost}};
  json["held_out"] = Json();
  if (!p.held_out_loss) return json;
  json["held_out"] = {{"loss", unit_loss(r, *p.held_out_loss)}};
  if (p.held_out) {
    json["held_out"]["energy_pj"] = p.held_out->energy_pj;
    json["held_out"]["cycles"] = p.held_out->cycles;
    json["held_out"]["macs"] = p.held_out->macs;
  }
  return json;
}

Json saving_json(const std::optional<Saving>& saving) {
  if (!saving) return {};
  return {{"share", saving->share}, {"uniform_threshold", saving->uniform}};
}

Json sensitivity_json(const TuneResult& r) {
  Json knobs = Json::array();
  for (std::size_t k = 0; k < r.knobs.size(); ++k) {
    Json moves = Json::array();
    for (const Move& m : r.sensitivity[k])
      moves.push_back({{"threshold", r.scale[m.level]},
                       {"cost", m.cost / r.sensitivity_at.judgement.cost},
                       {"loss", m.loss},
                       {"error_power", m.power}});
    knobs.push_back({{"layers", r.knobs[k]}, {"moves", std::move(moves)}});
  }
  return {{"around", thresholds_of(r, r.sensitivity_at.setting)}, {"knobs", std::move(knobs)}};
}

Json steps_json(const TuneResult& r) {
  Json steps = Json::array();
  for (const Descent& d : r.descents) {
    Json rounds = Json::array();
    for (const Round& round : d.rounds)
      rounds.push_back({{"estimated_cost", round.to.judgement.cost}, {"loss", unit_loss(r, round.to.judgement.loss)}});
    steps.push_back({{"max_loss", unit_loss(r, d.limit)}, {"start", d.start}, {"rounds", std::move(rounds)}});
  }
  return steps;
}

Json layers_json(const TuneResult& r) {
  Json layers = Json::array();
  for (std::size_t k = 0; k < r.knobs.size(); ++k)
    for (const auto& layer : r.knobs[k])
      layers.push_back({{"name", layer},
                        {"threshold", r.scale[r.tuned[r.chosen].setting[k]]},
                        {"best_uniform", r.scale[r.uniform[r.best_uniform].setting[k]]}});
  return layers;
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

std::string number(const std::optional<double>& value, const char* otherwise = "-") {
  return value ? fmt::format("{:.4g}", *value) : otherwise;
}

std::string loss_text(const TuneResult& r, double loss) {
  return number(in_unit(r.metric, loss), "exact") + (r.metric == Metric::sqnr && loss > 0 ? " dB" : "");
}

void curve_row(std::string& out, const TuneResult& r, const std::string& name, const TunePoint& p) {
  const auto frames = static_cast<double>(r.held_out_frames);
  out += fmt::format("{:<24}{:>10}{:>10}{:>10}", name, loss_text(r, p.search_loss), loss_text(r, p.check_loss),
                     p.held_out_loss ? loss_text(r, *p.held_out_loss) : "-");
  if (p.held_out)
    out += fmt::format("{:>13.3f}{:>12.1f}{:>12.0f}", p.held_out->energy_pj / frames * 1e-6,
                       static_cast<double>(p.held_out->macs) / frames * 1e-3,
                       static_cast<double>(p.held_out->cycles) / frames);
  out += "\n";
}

/// What one step up or down at that layer alone would do around the best uniform threshold.
std::string step_up(const TuneResult& r, std::size_t knob) {
  const std::uint32_t here = r.sensitivity_at.setting[knob];
  for (const Move& m : r.sensitivity[knob])
    if (m.level == here + 1)
      return fmt::format("{:>+12.2f} %{:>+14.2e}", 100 * m.cost / r.sensitivity_at.judgement.cost, m.power);
  return fmt::format("{:>14}{:>14}", "-", "-");
}

}  // namespace

Json thresholds_json(const TuneResult& r, const std::string& base) {
  Json delta = write(r.rules);
  return {{"base", base}, {"delta", std::move(delta)}};
}

Json tune_json(const TuneResult& r) {
  Json json;
  json["tool"] = {{"name", "deltasim"}, {"version", DELTASIM_VERSION}};
  json["objective"] = name_of(r.options.objective);
  json["metric"] = name_of(r.metric);
  json["max_loss"] = r.options.max_loss;
  json["seed"] = r.options.seed;
  json["rule"] = name_of(r.rules.rule);
  json["network"] = r.network;
  json["calibration"] = {{"input", r.input}, {"search_frames", r.search_frames}, {"check_frames", r.check_frames}};
  json["held_out"] = {{"input", r.held_out_input}, {"frames", r.held_out_frames}};
  json["layers"] = layers_json(r);
  json["chosen"] = point_json(r, r.tuned[r.chosen]);
  json["best_uniform"] = point_json(r, r.uniform[r.best_uniform]);
  json["saving"] = {{"same_limit", saving_json(r.same_limit)},
                    {"same_quality", saving_json(r.same_quality)},
                    {"same_quality_interpolated", or_null(r.same_quality_interpolated)}};
  json["curves"] = {{"uniform", Json::array()}, {"tuned", Json::array()}};
  for (const auto& p : r.uniform) json["curves"]["uniform"].push_back(point_json(r, p));
  for (const auto& p : r.tuned) json["curves"]["tuned"].push_back(point_json(r, p));
  json["sensitivity"] = sensitivity_json(r);
  json["steps"] = steps_json(r);
  json["model_deviation"] = r.model_deviation;
  json["host"] = {{"trials", r.trials}, {"trials_found", r.trials_found}, {"simulations", r.simulations}};
  return json;
}

std::string tune_csv(const TuneResult& r) {
  std::string csv =
      "curve,max_loss,threshold,chosen,search_loss,check_loss,estimated_cost,held_out_loss,energy_pj,cycles,macs\n";
  const auto cell = [](const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : std::string();
  };
  const auto row = [&](const char* curve, const TunePoint& p, bool chosen) {
    csv += fmt::format("{},{},{},{},{},{},{},{}", curve, p.limit ? cell(in_unit(r.metric, *p.limit)) : "",
                       cell(p.threshold), chosen ? 1 : 0, cell(in_unit(r.metric, p.search_loss)),
                       cell(in_unit(r.metric, p.check_loss)), p.estimated_cost,
                       p.held_out_loss ? cell(in_unit(r.metric, *p.held_out_loss)) : "");
    csv += p.held_out ? fmt::format(",{},{},{}\n", p.held_out->energy_pj, p.held_out->cycles, p.held_out->macs)
                      : std::string(",,,\n");
  };
  for (std::size_t i = 0; i < r.uniform.size(); ++i) row("uniform", r.uniform[i], i == r.best_uniform);
  for (std::size_t i = 0; i < r.tuned.size(); ++i) row("tuned", r.tuned[i], i == r.chosen);
  return csv;
}

std::string tune_table(const TuneResult& r) {
  const TunePoint &tuned = r.tuned[r.chosen], &uniform = r.uniform[r.best_uniform];
  std::string out =
      fmt::format("{}: least {} at {} {} {}, rule {}\n", r.network, name_of(r.options.objective), name_of(r.metric),
                  r.metric == Metric::sqnr ? "of at least" : "of at most", r.options.max_loss, name_of(r.rules.rule));
  out +=
      fmt::format("calibration  {} frames to search, {} to check, of {}\n", r.search_frames, r.check_frames, r.input);
  out += fmt::format("held out     {} frames of {}\n\n", r.held_out_frames, r.held_out_input);
  out += fmt::format("{:<32}{:>11}{:>28}\n", "", "", fmt::format("one step up from {} alone", *uniform.threshold));
  out += fmt::format("{:<32}{:>11}{:>14}{:>14}\n", "layer", "threshold", "cost", "error power");
  for (std::size_t k = 0; k < r.knobs.size(); ++k)
    out += fmt::format("{:<32.31}{:>11}{}\n", knob_name(r.knobs[k]), r.scale[tuned.setting[k]], step_up(r, k));
  out += fmt::format("\n{:<24}{:>10}{:>10}{:>10}{:>13}{:>12}{:>12}\n", "loss on", "search", "check", "held out",
                     "uJ/frame", "kMAC/frame", "cyc/frame");
  for (const auto& p : r.uniform)
    if (p.held_out) curve_row(out, r, fmt::format("uniform {:g}{}", *p.threshold, &p == &uniform ? " (best)" : ""), p);
  for (const auto& p : r.tuned)
    curve_row(out, r, fmt::format("tuned {}{}", loss_text(r, *p.limit), &p == &tuned ? " (chosen)" : ""), p);
  out += fmt::format("\n{} saved on the held-out frames\n", name_of(r.options.objective));
  if (r.same_limit)
    out += fmt::format("  {:>7} against uniform {:g}, the best on the calibration frames\n",
                       percent(r.same_limit->share), r.same_limit->uniform);
  if (r.same_quality)
    out += fmt::format("  {:>7} against uniform {:g}, the best that loses no more on the held-out frames\n",
                       percent(r.same_quality->share), r.same_quality->uniform);
  if (r.same_quality_interpolated)
    out += fmt::format("  {:>7} against a line between the uniform thresholds on both sides of that loss\n",
                       percent(*r.same_quality_interpolated));
  if (*tuned.held_out_loss > r.limit)
    out += fmt::format(
        "note: on the held-out frames the loss is {}, beyond the limit: they are not like the calibration "
        "frames;\n      more of these, or a stricter --max-loss, leave more room\n",
        loss_text(r, *tuned.held_out_loss));
  return out;
}

}  // namespace deltasim::sim
