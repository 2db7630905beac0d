// A simulated ATECC608 in a process of its own, as a file that takes i2c-dev's ioctls. Needs root and /dev/fuse; killed
// by pid at the end.
#pragma once

#include <sys/types.h>

#include <string>

namespace vouchgate::test {

class SimulatedChip {
 public:
  static bool possible();  // on this machine, for this user
  // `preset` as vouchgate-emulator-atecc608 has it: blank, jwt-1, jwt-1-key, trust-and-go. Throws std::runtime_error
  // when it does not come up.
  explicit SimulatedChip(std::string preset);
  ~SimulatedChip();
  SimulatedChip(const SimulatedChip&) = delete;
  SimulatedChip& operator=(const SimulatedChip&) = delete;

  std::string bus() const { return directory_ + "/bus/i2c-9"; }
  void stop();   // the adapter is gone
  void start();  // it is back, with the same state

 private:
  const std::string preset_;
  std::string directory_;
  pid_t pid_ = -1;
};

}  // namespace vouchgate::test
