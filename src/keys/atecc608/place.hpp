// Where a chip is, in words, and the sentences about the way there. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "vouchgate/base/error.hpp"

namespace vouchgate::keys::atecc608 {

std::string place(const std::string& bus, unsigned address);  // "/dev/i2c-1 0x60"

Error no_plain_i2c(const std::string& bus, unsigned long functions);
// `number` is that of the bus in sysfs.
Error held_by_kernel(const std::string& bus, unsigned address, const std::string& number, const std::string& driver);

}  // namespace vouchgate::keys::atecc608
