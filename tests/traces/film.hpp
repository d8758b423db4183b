#pragma once

#include <cstdint>
#include <string>

namespace deltasim::test {

/// What a film shows at a pixel: a square that moves one pixel per frame over a ramp.
std::uint8_t film_luma(int frame, int x, int y);

/// Writes a gray film with libav*. `codec`: ffv1 (lossless), mjpeg, mpeg4; the container follows the file's name.
void write_film(const std::string& path, const char* codec, int width, int height, int frames, int rate_numerator,
                int rate_denominator);

}  // namespace deltasim::test
