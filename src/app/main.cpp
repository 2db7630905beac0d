// vouchgated: starts the daemon. Everything else is in the library.
#include "vouchgate/app/daemon.hpp"

int main(int argc, char** argv) { return vouchgate::app::command_line(argc, argv); }
