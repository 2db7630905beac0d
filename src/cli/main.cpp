// vouchgate: the command. Everything else is in the library.
#include "commands.hpp"

int main(int argc, char** argv) { return vouchgate::cli::command_line(argc, argv); }
