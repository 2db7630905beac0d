// A private swtpm in a temporary directory: a real TPM 2.0 command set in a process of its own. Waits for its socket
// with a deadline; killed by pid at the end.
#pragma once

#include <sys/types.h>

#include <string>

namespace vouchgate::test {

class Swtpm {
 public:
  Swtpm();  // throws std::runtime_error when swtpm does not come up
  ~Swtpm();
  Swtpm(const Swtpm&) = delete;
  Swtpm& operator=(const Swtpm&) = delete;

  std::string tcti() const { return "swtpm:path=" + directory_ + "/tpm.sock"; }
  const std::string& directory() const { return directory_; }
  void kill_hard();  // as a power cut: no TPM2_Shutdown
  // Again, with the same state. Not started up: the TPM answers TPM_RC_INITIALIZE until somebody sends TPM2_Startup.
  enum class Startup { clear, none };
  void start(Startup startup = Startup::clear);
  void suspend();  // it hangs: connections are taken, nothing is answered
  void resume();

 private:
  std::string directory_;
  pid_t pid_ = -1;
};

}  // namespace vouchgate::test
