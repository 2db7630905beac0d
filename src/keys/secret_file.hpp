// Files that hold secrets: read only if nobody else can, written whole or not at all. Contents never reach a log.
#pragma once

#include <string>

#include "vouchgate/base/result.hpp"

namespace vouchgate::keys {

// The file's bytes (at most 64 KiB). Errors: not_found, denied (also: readable by group or others, unless `shared`),
// too_large.
Result<std::string> read_file(const std::string& context, const std::string& path, bool shared = false);

// Temporary file, fsync, rename, fsync of the directory; mode 0600. Missing directories are made, mode 0700.
// Written by root, the file belongs to the directory's owner.
Result<void> write_file(const std::string& context, const std::string& path, const std::string& content);

}  // namespace vouchgate::keys
