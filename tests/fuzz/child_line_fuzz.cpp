// Any bytes as a child's line: never crashes, and what is accepted keeps every promise of the contract.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "line.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vouchgate;
  const auto parsed = ingress::parse_line({reinterpret_cast<const char*>(data), size});
  if (parsed.id.size() > ingress::max_id_bytes) std::abort();
  for (const char c : parsed.id)
    if (c < 0x20 || c >= 0x7f) std::abort();
  if (!parsed.line) {
    if (parsed.line.error().code != Code::invalid && parsed.line.error().code != Code::too_large) std::abort();
    if (parsed.line.error().line().find('\n') != std::string::npos) std::abort();
    return 0;
  }
  if (const auto* message = std::get_if<ingress::MessageLine>(&*parsed.line)) {
    if (message->payload.size() > max_payload(message->kind)) std::abort();
    if (message->kind == Kind::state && !message->subfolder.empty()) std::abort();
    if (message->subfolder.str().find_first_of("+#") != std::string::npos) std::abort();
  }
  return 0;
}
