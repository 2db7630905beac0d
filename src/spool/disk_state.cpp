// The spool's states: when they begin, how they are told, and how they end by themselves. On the disk thread.
#include <sys/statvfs.h>

#include "disk_spool.hpp"

namespace vouchgate::spool {
namespace {

constexpr auto look_every = std::chrono::seconds(5);          // at the file system, while all is well
constexpr auto look_again = std::chrono::milliseconds(2000);  // while it is not
constexpr std::uint64_t plenty_percent = 95;                  // of max_bytes: below it a full spool is no longer full

SpoolState state_of(const Error& error) {
  if (error.code == Code::full) return SpoolState::disk_full;
  if (error.code == Code::denied) return SpoolState::read_only;
  return SpoolState::failed;
}

}  // namespace

void DiskSpool::fell(const Error& error) {
  if (error.code == Code::corrupt) directory_.set_suspect(true);
  failure_ = error;
  next_look_ = std::min(next_look_, std::chrono::steady_clock::now() + look_again);
}

void DiskSpool::measure() {
  struct statvfs system {};
  const bool known = ::statvfs(settings_.path.c_str(), &system) == 0;
  free_ = known ? static_cast<std::uint64_t>(system.f_bavail) * system.f_frsize : 0;
  short_ = known && free_ < settings_.min_free;
  room_ = short_ ? store_->room() : 0;
}

Error DiskSpool::disk_short() const {
  return {Code::full, "spool", settings_.path,
          "the file system has " + std::to_string(free_) + " bytes free, spool.min_free is " +
              std::to_string(settings_.min_free),
          "free space on the spool's file system"};
}

bool DiskSpool::look_due() const { return std::chrono::steady_clock::now() >= next_look_; }

// A failed disk is asked by a write that changes nothing; who waits for children's messages instead would never learn
// that it works again. What waits to be written is tried every second and says more: a small write may succeed on a
// full disk.
void DiskSpool::look() {
  if (failure_ && !waiting()) {
    const auto probed = store_->probe();
    if (probed)
      failure_.reset();
    else
      failure_ = probed.error();
  }
  measure();
  show_state();
  const bool well = !failure_ && !short_;
  next_look_ = std::chrono::steady_clock::now() + (well ? Time::duration(look_every) : Time::duration(look_again));
}

void DiskSpool::show_state() {
  const std::lock_guard lock(mutex_);
  usage_.disk_free = free_;
  // While the file system is short the spool may be used up to what its file holds: deleted rows leave room there.
  limit_ = short_ ? std::min(settings_.max_bytes, usage_.bytes + room_) : settings_.max_bytes;
  if (usage_.bytes + queued_bytes_ <= settings_.max_bytes / 100 * plenty_percent) refusing_ = false;
  if (failure_) {
    usage_.state = state_of(*failure_);
    usage_.reason = failure_->reason;
  } else if (short_) {
    usage_.state = SpoolState::disk_full;
    usage_.reason = disk_short().reason;
  } else if (refusing_) {
    usage_.state = SpoolState::full;
    usage_.reason = std::to_string(usage_.bytes) + " of " + std::to_string(settings_.max_bytes) + " bytes are used";
  } else {
    usage_.state = SpoolState::ok;
    usage_.reason.clear();
  }
}

}  // namespace vouchgate::spool
