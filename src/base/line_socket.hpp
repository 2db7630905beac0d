// Makes the listening socket of a line server: never takes a path from a live process, never opens it wider than asked.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "vouchgate/base/result.hpp"

namespace vouchgate {

// A listening socket and, if we made its file, which file that was.
struct LineSocket {
  int fd = -1;
  std::string path;  // empty: not ours to remove
  dev_t device = 0;
  ino_t inode = 0;
};

// Errors as LineServer::listen.
Result<LineSocket> bind_line_socket(const std::string& context, const std::string& path, std::uint32_t mode);
// A socket handed over by the service manager. Error: invalid.
Result<LineSocket> inherit_line_socket(const std::string& context, int fd);
// Removes the file if it is still the one we made.
void remove_line_socket(const LineSocket& socket);

}  // namespace vouchgate
