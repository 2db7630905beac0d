// Configuration zones of real chips and of the recommended configuration, as their sources print them. Holds bytes
// only.
#pragma once

#include <algorithm>
#include <string>

#include "vouchgate/model/atecc608_zone.hpp"

namespace vouchgate::test {

// hex, spaces allowed; at most 128 bytes
inline atecc608::Zone zone_from(std::string text) {
  std::erase_if(text, [](char c) { return c == ' '; });
  const Bytes bytes = from_hex(text).value();
  atecc608::Zone zone{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), zone.size()), zone.begin());
  return zone;
}

// The recommended production configuration on an ATECC608B that is not locked yet.
inline atecc608::Zone jwt_1() {
  return zone_from(
      "01231122 00006003 33445566 ee610100"
      "c0000000 81208120 8f8f8f8f 8f8f8f8f 8f8f8f8f 0f0f0f0f 0f0f0f0f 0f0f0f0f"
      "0f0f0f0f ffffffff 00000000 ffffffff 00000000 00000000 00000000 00000000"
      "00000000 00005555 ffff0000 00000000"
      "33003300 1c001c00 1c001c00 1c001c00 3c003c00 3c003c00 3c003c00 3c003c00");
}

// As the factory ships them: slots 0 to 2 hold P-256 keys that GenKey may make.
inline atecc608::Zone factory_608a() {
  return zone_from(
      "0123a1b2 00006002 c3d4e5f6 eec15500"
      "c0000000 83208720 8f20c48f 8f8f8f8f 9f8faf8f 00000000 00000000 00000000"
      "0000af8f ffffffff 00000000 ffffffff 00000000 00000000 00000000 00000000"
      "00000000 00005555 ffff0000 00000000"
      "33003300 33001c00 1c001c00 1c001c00 3c003c00 3c003c00 3c003c00 3c001c00");
}
inline atecc608::Zone factory_508a() {
  atecc608::Zone zone = factory_608a();
  zone[6] = 0x50, zone[7] = 0x00, zone[18] = 0x55;
  std::fill(&zone[68], &zone[84], std::uint8_t{0xff});  // LastKeyUse
  return zone;
}

// A TrustFLEX ATECC608B (TFLXTLS); what its source does not print is 0.
inline atecc608::Zone trustflex() {
  return zone_from(
      "0123f1f2 00006003 f3f4f5f6 01610100"
      "6c000001 85008200 85208520 85208f46 8f0f9f8f 0f0f8f0f 0f8f0f8f 0f8f0f0f"
      "0d1f0f8f ffffffff 00000000 ffffffff 00000000 00000000 00000000 00000000"
      "00000000 00000000 ffff0e60 00000000"
      "53105300 73007300 73003800 7c001c00 3c001a00 1c001000 1c003000 12003000");
}

// Trust&GO (TNGTLS): as TrustFLEX, with its own address and slot 0 free of the persistent latch.
inline atecc608::Zone trust_and_go() {
  atecc608::Zone zone = trustflex();
  zone[16] = 0x6a, zone[97] = 0x00;
  return zone;
}

}  // namespace vouchgate::test
