// Files, directories and accounts as the kernel and the user database tell of them. Never changes one.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "vouchgate/base/result.hpp"

namespace vouchgate::cli::check {

struct Account {
  std::string name;
  uid_t uid = 0;
  std::vector<gid_t> groups;  // the primary one first
};
// The daemon's user: `wanted` if it is not empty; else "vouchgate" if there is one and `standard`, else the caller.
// Error: not_found.
Result<Account> daemon_account(const std::string& wanted, bool standard);
std::string user_name(uid_t uid);  // its number if it has no name
std::string group_name(gid_t group);

struct Seen {
  enum class Kind { missing, hidden, file, directory, device, socket, other } kind = Kind::missing;  // hidden: denied
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t mode = 0;  // the twelve bits
  bool exists() const { return kind != Kind::missing && kind != Kind::hidden; }
};
Seen see(const std::string& path);

// Whether the account has all of `wanted` (4 read, 2 write, 1 search) by owner, group and others (path_resolution(7)).
bool may(const Account& account, const Seen& seen, unsigned wanted);

}  // namespace vouchgate::cli::check
