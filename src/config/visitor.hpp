// The one description of the configuration, and what reads it: loader, printer, reference, schema. A key, its default,
// range, unit and help stand in describe.cpp and nowhere else.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "vouchgate/model/settings.hpp"

namespace vouchgate::config {

struct DurationRange {
  Duration least, most;
};
struct NumberRange {
  std::uint64_t least, most;
};
// How a number is written. i2c_address: as hexadecimal, and the 8-bit forms that data sheets print are told apart.
enum class Style { decimal, hexadecimal, i2c_address, octal_text, bytes };

class Visitor {
 public:
  virtual ~Visitor() = default;

  // Said of the one key that is described next: a reload applies it. All others wait for a restart.
  Visitor& live() {
    live_ = true;
    return *this;
  }

  // enter() false: leave this section out; leave() is then not called.
  virtual bool enter(const char* key, const char* help) = 0;
  virtual void leave() = 0;

  virtual void text(const char* key, std::string& value, const char* help) = 0;
  virtual void word(const char* key, std::string& value, const std::vector<std::string>& words, const char* help) = 0;
  virtual void duration(const char* key, Duration& value, DurationRange range, const char* help) = 0;
  virtual void number(const char* key, std::uint64_t& value, NumberRange range, Style style, const char* help) = 0;
  virtual void texts(const char* key, std::vector<std::string>& value, const char* help) = 0;
  virtual void text_map(const char* key, std::map<std::string, std::string>& value, const char* help) = 0;
  using DescribeDevice = void (*)(Visitor&, DeviceSettings&);
  virtual void devices(const char* key, std::vector<DeviceSettings>& value, DescribeDevice describe,
                       const char* help) = 0;

  // 32-bit numbers go the same way.
  void number32(const char* key, std::uint32_t& value, NumberRange range, Style style, const char* help) {
    std::uint64_t wide = value;
    number(key, wide, range, style, help);
    value = static_cast<std::uint32_t>(wide);
  }

 protected:
  // For visitors that care; those ask once at every key.
  bool take_live() { return std::exchange(live_, false); }

 private:
  bool live_ = false;
};

// `holders` and `dialects` are the words that other rooms know (Vocabulary); empty = any.
struct Words {
  std::vector<std::string> holders, dialects;
};
void describe(Visitor& visitor, Settings& settings, const Words& words);

}  // namespace vouchgate::config
