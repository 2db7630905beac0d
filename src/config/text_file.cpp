// What std::ifstream and errno(3) say about a file, as a mistake with a hint.
#include "text_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "node.hpp"

namespace vouchgate::config {

std::optional<std::string> read_text(const std::string& path, const char* if_missing, std::vector<Mistake>& mistakes) {
  const Position whole{path, 0, 0};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    mistakes.push_back(mistake_at(whole, "is a directory"));
    return std::nullopt;
  }
  if (!file) {
    const char* hint = errno == ENOENT ? if_missing : errno == EACCES ? "the service user must be able to read it" : "";
    mistakes.push_back(mistake_at(whole, std::strerror(errno != 0 ? errno : EIO), hint));
    return std::nullopt;
  }
  std::string text(1024 * 1024 + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace vouchgate::config
