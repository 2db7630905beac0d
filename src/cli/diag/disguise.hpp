// Other names for devices, hosts and projects, the same ones throughout a bundle. Pure. Never keeps a list of who is
// who.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace vouchgate::cli::diag {

class Disguise {
 public:
  // "device", "pump-7" -> "device-1", the next one "device-2". A name that is known keeps what it is called.
  void add(const std::string& kind, const std::string& name);
  // Every known name that stands alone, and every IP address but those of this machine itself (loopback, unspecified).
  std::string text(std::string_view text);
  // Of a JSON document the values only, so that a child called "device" does not rename a key. Other text as text().
  std::string document(const std::string& text);

 private:
  std::string address(const std::string& address);
  std::string known(std::string_view text) const;

  std::map<std::string, std::string, std::less<>> names_;
  std::map<std::string, unsigned> counts_;
};

}  // namespace vouchgate::cli::diag
