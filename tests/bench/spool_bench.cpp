// How many records a second go through the spool as the daemon uses it: append, wait for "stored", forget 60 ms later
// (flat out: at once). Not a test. spool_bench DIRECTORY [RECORDS] [DEVICES] [COMMIT_INTERVAL_MS] [RECORDS_PER_SECOND,
// 0 = flat out]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

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
  settings.commit_interval = Duration(argument(count, values, 4, 20));
  support::VirtualTime time;
  support::ManualPost loop;
  auto spool = spool::open(settings, time, loop.post()).value();

  constexpr std::uint64_t most_under_way = 4096;
  const std::string payload(256, 'x');
  std::uint64_t stored = 0;
  std::vector<double> waits;  // milliseconds
  std::deque<std::pair<Steady::time_point, Seq>> delivered;
  const auto start = Steady::now();
  const std::uint64_t before = written();
  const auto turn = [&] {
    loop.run_all();
    std::vector<Seq> forget;
    for (; !delivered.empty() && delivered.front().first <= Steady::now(); delivered.pop_front())
      forget.push_back(delivered.front().second);
    if (!forget.empty()) spool->forget(std::move(forget));
  };
  for (std::uint64_t i = 0; i < records; ++i) {
    if (rate > 0) {
      const auto due = start + std::chrono::nanoseconds(1000000000 / rate * i);
      for (; Steady::now() < due; turn()) std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    const auto asked = Steady::now();
    spool->append(support::event("pump-" + std::to_string(i % devices), payload), [&, asked](const Result<Seq>& seq) {
      ++stored;
      waits.push_back(std::chrono::duration<double, std::milli>(Steady::now() - asked).count());
      delivered.emplace_back(Steady::now() + std::chrono::milliseconds(rate > 0 ? 60 : 0), seq.value());
    });
    if (i + 1 >= stored + most_under_way) loop.run_until([&] { return i + 1 < stored + most_under_way; });
    turn();
  }
  loop.run_until([&] { return stored == records; });
  for (; !delivered.empty(); turn()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const double seconds = std::chrono::duration<double>(Steady::now() - start).count();
  spool.reset();
  std::sort(waits.begin(), waits.end());
  const double bytes = static_cast<double>(written() - before) / static_cast<double>(records * payload.size());
  std::printf("%.0f records/s, stored after p50 %.1f ms, p99 %.1f ms, %.1f bytes written per payload byte\n",
              static_cast<double>(records) / seconds, waits[waits.size() / 2], waits[waits.size() * 99 / 100], bytes);
}
