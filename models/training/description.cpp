#include "models/training/description.hpp"
