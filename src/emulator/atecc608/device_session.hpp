// The adapter as a file that any program can open: a mounted one (FUSE) or a character device (CUSE). Never decides
// what a call means.
#pragma once

#include <memory>
#include <string>

#include "adapter.hpp"

namespace vouchgate::emulator::atecc608 {

// One thread. Ends with its destructor: unmounts, or takes the device away.
class DeviceSession {
 public:
  virtual ~DeviceSession() = default;
  virtual int descriptor() const = 0;  // readable: serve() has work
  virtual bool serve() = 0;            // one request; false: somebody else ended the session
  virtual bool ready() const = 0;      // the kernel has accepted it
};

// directory/name, mode 0666. Makes the directory; takes the remains of one that was killed away. Needs root.
// Errors: busy (another one is there), invalid (the directory holds other files), denied, unavailable.
Result<std::unique_ptr<DeviceSession>> mount_device(const std::string& directory, const std::string& name,
                                                    Adapter& adapter);
// /dev/name. Needs root and the kernel module cuse. Errors: denied, unavailable.
Result<std::unique_ptr<DeviceSession>> make_device(const std::string& name, Adapter& adapter);

}  // namespace vouchgate::emulator::atecc608
