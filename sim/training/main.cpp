#include "sim/training/program.hpp"

int main(int argc, char** argv) { return deltasim::sim::run_training_program(argc, argv); }
