#include "sim/cli.hpp"

int main(int argc, char** argv) { return deltasim::sim::run_program(argc, argv); }
