// The command `vouchgate`: assembles its verbs. Never does the work itself.
#pragma once

namespace vouchgate::cli {

int command_line(int argc, char** argv);  // the exit code: 0 done, 1 failed, 2 wrong usage

}  // namespace vouchgate::cli
