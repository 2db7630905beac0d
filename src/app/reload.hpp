// A newly read configuration on its way into the running daemon. Never changes anything by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "vouchgate/base/result.hpp"
#include "vouchgate/config/config.hpp"
#include "vouchgate/contract/clock.hpp"

namespace vouchgate::app {

using Users = std::map<std::string, std::set<std::uint32_t>>;  // local users by device; a device without has no entry

// Unknown names are errors: a typing mistake must not open or close a door. Error: not_found.
Result<Users> users_of(const Settings& settings);

struct Candidate {
  config::Loaded loaded;
  Result<Users> users;
};

// Reads on a thread of its own: neither ten thousand devices nor a directory of users may stall the loop.
class ConfigReader {
 public:
  ConfigReader(std::function<config::Loaded()> read, Post post) : read_(std::move(read)), post_(std::move(post)) {}
  // `done` runs on the loop. False: one is under way. The destructor waits for it.
  bool start(std::function<void(const Candidate&)> done);

 private:
  std::function<config::Loaded()> read_;
  Post post_;
  bool reading_ = false;
  std::jthread thread_;
};

// `number` of the reload goes along as a field: the same mistake is said again at the next reload. Returns the first
// mistake as one line, and how many there are besides.
std::string say_mistakes(const std::vector<config::Mistake>& mistakes, const std::string& number);
void say_changes(const std::vector<config::Change>& changes, const std::string& number);

}  // namespace vouchgate::app
