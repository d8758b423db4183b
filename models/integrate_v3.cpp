// Built with -march=x86-64-v3 where the compiler targets x86-64, and only called where the processor has AVX2.
#include "models/integrate_kernel.inl"

namespace deltasim::models {

// Declared here and not by integrate.hpp: that header's inline code must not be compiled with newer instructions.
using AddRows = void (*)(int32_t*, uint32_t, const int8_t*, size_t, uint32_t, const uint32_t*, const int32_t*, size_t);
AddRows add_rows_v3();

AddRows add_rows_v3() {
#ifdef __AVX2__
  return &add_rows;
#else
  (void)&add_rows;
  return nullptr;
#endif
}

}  // namespace deltasim::models
