// The status as a person reads it on one screen. Pure: JSON of the control socket in, text out.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vouchgate::cli {

struct View {
  std::size_t width = 80;  // columns
  std::size_t rows = 23;   // of which the last faults take what is left, but at least two
  bool colours = false;
  std::chrono::system_clock::time_point now;  // when the status was asked for
};
// At most `rows` lines, however many children and faults there are; more only if a reason is very long.
std::string status_text(const nlohmann::json& status, const View& view);

// One block for each count, oldest first, the largest of them a full one. Nothing for nothing.
std::string sparkline(const nlohmann::json& counts, const char* key);

}  // namespace vouchgate::cli
