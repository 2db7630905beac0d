// Opens the spool: lock, database, disk thread. A damaged database is set aside and said so; never repaired or deleted.
#include "vouchgate/spool/open.hpp"

#include <filesystem>

#include "disk_spool.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::spool {
namespace {

// Reading this much for damage takes a fraction of a second even from slow flash; larger files are read as a whole
// only when a read or a commit has met damage before.
constexpr std::uintmax_t checked_always = 32 * 1024 * 1024;

bool thorough(const Directory& directory) {
  std::error_code absent;
  const auto size = std::filesystem::file_size(directory.database(), absent);
  return directory.suspect() || (!absent && size <= checked_always);
}

}  // namespace

Result<std::unique_ptr<Disk>> open(const SpoolSettings& settings, const Clock& clock, Post post) {
  auto directory = Directory::open(settings.path);
  if (!directory) return fail(directory.error());
  const StoreSettings store_settings{directory->database(), settings.max_bytes / 100 * settings.device_share,
                                     settings.max_age, settings.when_full == "drop-oldest",
                                     WallTime(std::chrono::seconds(VOUCHGATE_BUILD_EPOCH))};
  auto store = Store::open(store_settings, 1, thorough(*directory));
  std::string aside;
  if (!store && store.error().code == Code::corrupt) {
    auto renamed = directory->set_aside(clock.wall());
    if (!renamed) return fail(renamed.error());
    aside = std::move(*renamed);
    log::emit(events::Id::spool_set_aside, {{"path", aside}, {"reason", store.error().reason}});
    // No number may come twice, and the damaged file cannot say how far it had counted: milliseconds since 1970 are
    // beyond any count at less than a thousand messages a millisecond.
    const auto beyond = std::chrono::duration_cast<std::chrono::milliseconds>(clock.wall().time_since_epoch()).count();
    store = Store::open(store_settings, static_cast<Seq>(std::max<std::int64_t>(beyond, 1)), false);
  }
  if (!store) return fail(store.error());
  directory->set_suspect(false);
  return std::make_unique<DiskSpool>(settings, clock, std::move(post), std::move(*directory), std::move(*store),
                                     std::move(aside));
}

}  // namespace vouchgate::spool
