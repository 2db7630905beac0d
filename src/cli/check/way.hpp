// The way to a file that root is about to change. Never leads through a symbolic link that another user could have put
// there (as the "unsafe path transition" of systemd-tmpfiles(8)).
#pragma once

#include <string>
#include <utility>

#include "vouchgate/base/result.hpp"

namespace vouchgate::cli::check {

class Way {
 public:
  // `make`: directories that are missing on the way are made, 0755 and the caller's. Errors: denied (somebody else's
  // link, or not root), not_found, unavailable.
  static Result<Way> to(const std::string& path, bool make = false);
  Way(Way&& other) noexcept : directory_(std::exchange(other.directory_, -1)), name_(std::move(other.name_)) {}
  Way(const Way&) = delete;
  Way& operator=(const Way&) = delete;
  Way& operator=(Way&&) = delete;
  ~Way();

  int directory() const { return directory_; }  // of the last name; for openat(2) and its kin, without following it
  const char* name() const { return name_.c_str(); }

 private:
  explicit Way(int directory) : directory_(directory) {}
  int directory_;
  std::string name_;
};

}  // namespace vouchgate::cli::check
