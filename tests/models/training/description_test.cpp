#include "models/training/description.hpp"

#include <doctest/doctest.h>

using namespace deltasim::models::training;

TEST_CASE("a description starts without layers") { CHECK(NetworkDescription{}.layers.empty()); }
