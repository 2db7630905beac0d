// Reads a configuration beside the loop, and says what became of it.
#include "reload.hpp"

#include <pwd.h>

#include <memory>

#include "vouchgate/base/log.hpp"

namespace vouchgate::app {

Result<Users> users_of(const Settings& settings) {
  Users out;
  for (const DeviceSettings& device : settings.devices) {
    for (const std::string& name : device.users) {
      const passwd* entry = getpwnam(name.c_str());
      if (entry == nullptr)
        return fail(Code::not_found, "devices", device.id, "no local user is called '" + name + "'",
                    "see devices[].users");
      out[device.id].insert(entry->pw_uid);
    }
  }
  return out;
}

bool ConfigReader::start(std::function<void(const Candidate&)> done) {
  if (std::exchange(reading_, true)) return false;
  thread_ = std::jthread([this, done = std::move(done)] {
    auto candidate = std::make_shared<Candidate>(Candidate{read_(), Users{}});
    if (candidate->loaded.mistakes.empty()) candidate->users = users_of(candidate->loaded.settings);
    post_([this, candidate, done] {
      reading_ = false;
      done(*candidate);
    });
  });
  return true;
}

std::string say_mistakes(const std::vector<config::Mistake>& mistakes, const std::string& number) {
  for (const config::Mistake& mistake : mistakes)
    log::emit(events::Id::config_mistake, {{"mistake", mistake.text()}, {"reload", number}});
  const std::string first = mistakes.front().text();
  const std::string more = mistakes.size() > 1 ? " (and " + std::to_string(mistakes.size() - 1) + " more)" : "";
  return first.substr(0, first.find('\n')) + more;
}

void say_changes(const std::vector<config::Change>& changes, const std::string& number) {
  std::string live, waiting;
  for (const config::Change& change : changes) {
    std::string& list = change.live ? live : waiting;
    list += (list.empty() ? "" : ", ") + change.key;
  }
  log::emit(events::Id::config_reloaded, {{"changed", live.empty() ? "nothing changed" : live}, {"reload", number}});
  if (!waiting.empty()) log::emit(events::Id::restart_needed, {{"keys", waiting}, {"reload", number}});
}

}  // namespace vouchgate::app
