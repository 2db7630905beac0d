// Written to a new file, synced, renamed: a power cut leaves the old time or the new one.
#include "kept_time.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace vouchgate::timekeeper {

std::optional<KeptTime> read_kept(const std::string& path) {
  std::ifstream file(path);
  std::int64_t seconds = 0;
  if (!(file >> seconds) || seconds <= 0 || seconds > std::int64_t{1} << 40) return std::nullopt;
  KeptTime out{WallTime(std::chrono::seconds(seconds)), std::nullopt};
  if (std::int64_t chip = 0; file >> chip && chip >= 0) out.chip = std::chrono::milliseconds(chip);
  return out;
}

bool write_kept(const std::string& path, const KeptTime& time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.wall.time_since_epoch()).count();
  std::string line = std::to_string(seconds);
  if (time.chip) line += " " + std::to_string(time.chip->count());
  line += "\n";
  const std::string fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool written =
      ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(file) == 0;
  ::close(file);
  return written && std::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace vouchgate::timekeeper
