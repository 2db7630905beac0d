// Sentences about buses and addresses.
#include "place.hpp"

#include <cstdio>

namespace vouchgate::keys::atecc608 {

std::string place(const std::string& bus, unsigned address) {
  char text[16];
  std::snprintf(text, sizeof text, " 0x%02x", address);
  return bus + text;
}

Error no_plain_i2c(const std::string& bus, unsigned long functions) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%lx", functions);
  return {Code::unsupported, "key", bus,
          std::string("the adapter speaks SMBus only (I2C_FUNCS ") + text + " lacks I2C_FUNC_I2C)",
          "the chip needs plain I2C transfers; 'i2cdetect -l' lists the adapters"};
}

Error held_by_kernel(const std::string& bus, unsigned address, const std::string& number, const std::string& driver) {
  char client[64];
  std::snprintf(client, sizeof client, "%s-%04x", number.c_str(), address);
  return {Code::busy, "key", place(bus, address), "the kernel's driver " + driver + " holds the chip",
          std::string("take it away: 'echo ") + client + " > /sys/bus/i2c/drivers/" + driver +
              "/unbind', and for good its node in the device tree"};
}

}  // namespace vouchgate::keys::atecc608
