#include "models/integrate.hpp"
#include "models/integrate_kernel.inl"

namespace deltasim::models {

AddRows add_rows_portable() { return &add_rows; }

}  // namespace deltasim::models
