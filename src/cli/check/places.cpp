// stat(2), passwd and group.
#include "places.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace vouchgate::cli::check {

Result<Account> daemon_account(const std::string& wanted, bool standard) {
  const passwd* entry = nullptr;
  if (!wanted.empty())
    entry = ::getpwnam(wanted.c_str());
  else if (standard)
    entry = ::getpwnam("vouchgate");
  if (entry == nullptr && wanted.empty()) entry = ::getpwuid(::geteuid());
  if (entry == nullptr)
    return fail(Code::not_found, "user", wanted.empty() ? std::to_string(::geteuid()) : wanted, "there is no such user",
                "--user names the one that the daemon runs as");
  Account out{entry->pw_name, entry->pw_uid, {}};
  int count = 256;  // far above what an account of a service has
  out.groups.resize(static_cast<std::size_t>(count));
  ::getgrouplist(out.name.c_str(), entry->pw_gid, out.groups.data(), &count);
  out.groups.resize(static_cast<std::size_t>(std::clamp(count, 0, 256)));
  return out;
}

std::string user_name(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  return entry != nullptr ? entry->pw_name : std::to_string(uid);
}

std::string group_name(gid_t group) {
  const ::group* entry = ::getgrgid(group);
  return entry != nullptr ? entry->gr_name : std::to_string(group);
}

Seen see(const std::string& path) {
  struct stat found {};
  Seen out;
  if (::stat(path.c_str(), &found) != 0) {
    out.kind = errno == EACCES ? Seen::Kind::hidden : Seen::Kind::missing;
    return out;
  }
  out.kind = S_ISREG(found.st_mode)    ? Seen::Kind::file
             : S_ISDIR(found.st_mode)  ? Seen::Kind::directory
             : S_ISCHR(found.st_mode)  ? Seen::Kind::device
             : S_ISSOCK(found.st_mode) ? Seen::Kind::socket
                                       : Seen::Kind::other;
  out.uid = found.st_uid;
  out.gid = found.st_gid;
  out.mode = found.st_mode & 07777;
  return out;
}

bool may(const Account& account, const Seen& seen, unsigned wanted) {
  if (account.uid == 0) return true;
  const bool member = std::ranges::find(account.groups, seen.gid) != account.groups.end();
  const unsigned bits = account.uid == seen.uid ? seen.mode >> 6 : member ? seen.mode >> 3 : seen.mode;
  return (bits & wanted) == wanted;
}

}  // namespace vouchgate::cli::check
