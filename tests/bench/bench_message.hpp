// The payload of the benches: who sent it, its number and when, in printable characters. Never longer than asked.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace vouchgate::bench {

constexpr std::size_t head_bytes = 5 + 1 + 10 + 1 + 20 + 1;  // child, number, nanoseconds, each with a space

// CLOCK_MONOTONIC is one clock for every process of a machine, so both ends may be compared.
inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Stamp {
  unsigned child = 0;
  std::uint32_t number = 0;
  std::int64_t sent_ns = 0;
};

inline std::string payload_of(const Stamp& stamp, std::size_t bytes) {
  char head[head_bytes + 1];
  std::snprintf(head, sizeof head, "%05u %010u %020lld ", stamp.child, stamp.number,
                static_cast<long long>(stamp.sent_ns));
  std::string payload(head);
  payload.resize(std::max(bytes, head_bytes), 'x');
  return payload;
}

inline bool read_stamp(std::string_view payload, Stamp& stamp) {
  if (payload.size() < head_bytes || payload[5] != ' ' || payload[16] != ' ') return false;
  const std::string head(payload.substr(0, head_bytes));  // ends where the numbers end
  stamp.child = static_cast<unsigned>(std::strtoul(head.c_str(), nullptr, 10));
  stamp.number = static_cast<std::uint32_t>(std::strtoul(head.c_str() + 6, nullptr, 10));
  stamp.sent_ns = std::strtoll(head.c_str() + 17, nullptr, 10);
  return true;
}

// Milliseconds; 0 without values.
inline double percentile(std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

// "--name value" pairs after the program's name.
class Options {
 public:
  Options(int count, char** values) : values_(values + 1, values + count) {}
  std::string text(std::string_view name, const std::string& otherwise = "") const {
    for (std::size_t i = 0; i + 1 < values_.size(); ++i)
      if (values_[i] == name) return values_[i + 1];
    return otherwise;
  }
  std::int64_t number(std::string_view name, std::int64_t otherwise) const {
    const std::string found = text(name);
    return found.empty() ? otherwise : std::strtoll(found.c_str(), nullptr, 10);
  }

 private:
  std::vector<std::string> values_;
};

}  // namespace vouchgate::bench
