// How many records a second go through the spool as the daemon uses it: append, wait for "stored", forget. Not a test.
// spool_bench DIRECTORY [RECORDS] [DEVICES] [COMMIT_INTERVAL_MS] [RECORDS_PER_SECOND, 0 = flat out]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "spool_user.hpp"
#include "virtual_time.hpp"
#include "vouchgate/spool/open.hpp"

namespace {

// Bytes this process has sent towards the disk, proc(5).
std::uint64_t written() {
  std::ifstream io("/proc/self/io");
  for (std::string word; io >> word;)
    if (word == "write_bytes:" && io >> word) return std::stoull(word);
  return 0;
}

std::uint64_t argument(int count, char** values, int index, std::uint64_t otherwise) {
  return index < count ? std::strtoull(values[index], nullptr, 10) : otherwise;
}

}  // namespace

int main(int count, char** values) {
  using namespace vouchgate;
  using Steady = std::chrono::steady_clock;
  if (count < 2) return 2;
  const std::uint64_t records = argument(count, values, 2, 200000), devices = argument(count, values, 3, 10);
  const std::uint64_t rate = argument(count, values, 5, 0);
  SpoolSettings settings;
  settings.path = values[1];
  settings.commit_interval = Duration(argument(count, values, 4, 5));
  support::VirtualTime time;
  support::ManualPost loop;
  auto spool = spool::open(settings, time, loop.post()).value();

  constexpr std::uint64_t most_under_way = 4096;
  const std::string payload(256, 'x');
  std::uint64_t stored = 0;
  Duration::rep slowest = 0;
  const auto start = Steady::now();
  const std::uint64_t before = written();
  for (std::uint64_t i = 0; i < records; ++i) {
    if (rate > 0) {
      const auto due = start + std::chrono::nanoseconds(1000000000 / rate * i);
      while (Steady::now() < due) {
        loop.run_all();
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    }
    const auto asked = Steady::now();
    spool->append(support::event("pump-" + std::to_string(i % devices), payload), [&, asked](const Result<Seq>& seq) {
      ++stored;
      slowest = std::max(slowest, std::chrono::duration_cast<Duration>(Steady::now() - asked).count());
      spool->forget({seq.value()});
    });
    if (i + 1 - stored >= most_under_way) loop.run_until([&] { return i + 1 - stored < most_under_way / 2; });
    if (i % 64 == 0) loop.run_all();
  }
  loop.run_until([&] { return stored == records; });
  spool.reset();
  const double seconds = std::chrono::duration<double>(Steady::now() - start).count();
  std::printf(
      "%llu records of 256 B, %llu devices: %.0f a second, slowest %lld ms, %.1f bytes written a payload byte\n",
      static_cast<unsigned long long>(records), static_cast<unsigned long long>(devices),
      static_cast<double>(records) / seconds, static_cast<long long>(slowest),
      static_cast<double>(written() - before) / (256.0 * static_cast<double>(records)));
  return 0;
}
