#include "hw/routes.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace deltasim;
using hw::Port;

namespace {

hw::ChipParams mesh(std::uint32_t columns, std::uint32_t rows) {
  hw::ChipParams chip;
  chip.noc.columns = columns;
  chip.noc.rows = rows;
  chip.input_port_column = columns / 2;
  chip.output_port_column = columns - 1;
  return chip;
}

using Edges = std::set<std::pair<std::uint32_t, std::uint32_t>>;

/// Union of the XY paths: an oracle that knows nothing of trees.
Edges paths(const hw::Routes& routes, std::uint32_t from, const std::vector<std::uint32_t>& to, std::uint32_t columns) {
  Edges edges;
  for (const std::uint32_t endpoint : to) {
    std::uint32_t at = from;
    const std::uint32_t there = routes.router_of(endpoint);
    while (at % columns != there % columns) {
      const std::uint32_t next = at % columns < there % columns ? at + 1 : at - 1;
      edges.insert({at, next});
      at = next;
    }
    while (at != there) {
      const std::uint32_t next = at < there ? at + columns : at - columns;
      edges.insert({at, next});
      at = next;
    }
  }
  return edges;
}

/// Follows `outputs` from a router; collects endpoints reached and links used.
void follow(hw::Routes& routes, hw::Routes::Id id, std::uint32_t router, Port from, std::uint32_t columns,
            std::multiset<std::uint32_t>& reached, std::vector<std::pair<std::uint32_t, std::uint32_t>>& used) {
  const auto out = routes.outputs(id, router, from);
  if (out & hw::bit(Port::core)) reached.insert(router);
  if (out & hw::bit(Port::input_port)) reached.insert(routes.input_port());
  if (out & hw::bit(Port::output_port)) reached.insert(routes.output_port());
  for (const Port p : hw::directions) {
    if (!(out & hw::bit(p))) continue;
    const std::uint32_t next = p == Port::north   ? router - columns
                               : p == Port::south ? router + columns
                               : p == Port::east  ? router + 1
                                                  : router - 1;
    used.emplace_back(router, next);
    follow(routes, id, next, hw::opposite(p), columns, reached, used);
  }
}

}  // namespace

TEST_CASE("a packet reaches each destination once, along a tree whose edges are the union of XY paths") {
  std::mt19937 random(1);
  for (const auto& [columns, rows] : {std::pair{1u, 1u}, {5u, 1u}, {1u, 4u}, {4u, 4u}, {3u, 5u}, {40u, 30u}}) {
    hw::Routes routes(mesh(columns, rows));
    for (int round = 0; round < 50; ++round) {
      std::vector<std::uint32_t> to;
      for (std::uint32_t n = random() % 8 + 1; n > 0; --n) to.push_back(random() % (columns * rows + 2));
      const std::uint32_t from = random() % (columns * rows);
      const auto id = routes.intern(to);
      std::multiset<std::uint32_t> reached;
      std::vector<std::pair<std::uint32_t, std::uint32_t>> used;
      follow(routes, id, from, Port::core, columns, reached, used);
      const std::set<std::uint32_t> wanted(to.begin(), to.end());
      CHECK(reached == std::multiset<std::uint32_t>(wanted.begin(), wanted.end()));
      CHECK(Edges(used.begin(), used.end()) == paths(routes, from, to, columns));
      CHECK(used.size() == Edges(used.begin(), used.end()).size());
      CHECK(routes.links(id, from) == used.size());
    }
  }
}

TEST_CASE("equal sets have one id, whatever their order, the empty set is 0") {
  hw::Routes routes(mesh(4, 4));
  CHECK(routes.intern({}) == 0);
  const auto id = routes.intern({3, 1, 2});
  CHECK(routes.intern({2, 3, 1, 1}) == id);
  CHECK(routes.endpoints(id) == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(routes.single(3) != id);
}
