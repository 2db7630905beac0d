// config.valid, config.permissions, user.groups. Pure: facts in, findings out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "finding.hpp"
#include "places.hpp"
#include "vouchgate/config/config.hpp"

namespace vouchgate::cli::check {

Finding judge_config(const std::string& path, const config::Loaded& loaded);

struct Place {
  enum class Use {
    read,      // the daemon reads it, as others do
    settings,  // and nobody else may write it
    own,       // a file of the daemon's
    secret,    // and nobody else may read it
    write,     // a directory in which the daemon makes files
    beside,    // the spool's directory lies in it: the kept time is written there
    state,     // a directory of the daemon's, and nobody else's
  };
  std::string path;
  Use use = Use::read;
  bool must_exist = true;
  Seen seen;
};
// The places that the settings name, not yet looked at.
std::vector<Place> places_of(const Settings& settings, const std::string& config_path, bool spool_is_there);
// A directory that is not the daemon's own is never given to it: the settings may name /var or /run.
Finding judge_places(const Account& account, const std::vector<Place>& places);

struct DeviceFacts {
  std::string tcti, device;  // `device` is empty: it is no device file
  Seen seen;
  std::optional<gid_t> tss;  // the group, if there is one
  std::string group;         // the name of the device's group
};
Finding judge_groups(const Account& account, const DeviceFacts& facts);

}  // namespace vouchgate::cli::check
