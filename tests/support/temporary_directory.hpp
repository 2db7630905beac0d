// A directory that lives as long as the test. Never shared between tests.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace vouchgate::support {

class TemporaryDirectory {
 public:
  // `parent` is the system's directory for temporary files unless said otherwise.
  explicit TemporaryDirectory(const std::string& parent = std::filesystem::temp_directory_path().string()) {
    std::string name = parent + "/vouchgate-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed in " + parent);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace vouchgate::support
