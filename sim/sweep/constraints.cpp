#include "sim/sweep/constraints.hpp"

#include "sim/suggestion.hpp"

#include <fmt/format.h>
#include <muparserx/mpParser.h>

#include <cmath>
#include <deque>

namespace deltasim::sim {
namespace {

/// The remainder, which muParserX does not have.
class Remainder : public mup::IOprtBin {
 public:
  Remainder() : IOprtBin(_T("%"), mup::prMUL_DIV, mup::oaLEFT) {}
  void Eval(mup::ptr_val_type& result, const mup::ptr_val_type* arguments, int) override {
    *result = mup::float_type(std::fmod(arguments[0]->GetFloat(), arguments[1]->GetFloat()));
  }
  const mup::char_type* GetDesc() const override { return _T("a % b: what remains of a / b"); }
  IToken* Clone() const override { return new Remainder(*this); }
};

mup::Value value_of(const Json& cell) {
  if (cell.is_number()) return mup::Value(cell.get<double>());
  if (cell.is_boolean()) return mup::Value(cell.get<bool>());
  return mup::Value(cell.is_string() ? cell.get<std::string>() : cell.dump());
}

}  // namespace

struct Constraints::Parser {
  std::deque<mup::Value> values;  // the expressions refer to them
  std::deque<mup::ParserX> expressions;
};

Constraints::Constraints(const Document& document, const std::vector<std::string>& expressions,
                         const std::vector<SweepColumn>& columns)
    : document_(document), expressions_(expressions), parser_(std::make_unique<Parser>()) {
  for (const SweepColumn& column : columns) {
    names_.push_back(column.name);
    parser_->values.emplace_back(0.0);
  }
  for (const std::string& expression : expressions_) {
    auto& parser = parser_->expressions.emplace_back(mup::pckCOMMON | mup::pckNON_COMPLEX | mup::pckSTRING);
    parser.EnableAutoCreateVar(false);
    parser.DefineOprt(new Remainder);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      parser.RemoveConst(names_[i]);  // pi and e are names like others here
      parser.DefineVar(names_[i], mup::Variable(&parser_->values[i]));
    }
    parser.SetExpr(expression);
  }
}

Constraints::~Constraints() = default;

bool Constraints::allow(const std::vector<Json>& cells) const {
  for (std::size_t i = 0; i < cells.size(); ++i) parser_->values[i] = value_of(cells[i]);
  for (std::size_t i = 0; i < expressions_.size(); ++i) {
    const std::string place = fmt::format("/constraints/{}", i), quoted = "'" + expressions_[i] + "'";
    const char* form = "a comparison, for example \"lanes * 4 <= 64 and threshold > 0\"";
    try {
      const mup::Value answer = parser_->expressions[i].Eval();
      if (answer.GetType() != 'b') throw document_.error(place, quoted + " is neither true nor false", form);
      if (!answer.GetBool()) return false;
    } catch (const mup::ParserError& error) {
      const bool unknown = error.GetCode() == mup::ecUNASSIGNABLE_TOKEN;
      throw document_.error(place, fmt::format("{}, column {}: {}", quoted, error.GetPos() + 1, error.GetMsg()),
                            unknown ? suggestion(error.GetToken(), names_, "columns") : form);
    }
  }
  return true;
}

}  // namespace deltasim::sim
