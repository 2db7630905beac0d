// kill -9 in the middle of the work: every record that was acknowledged is there after reopening.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>

#include "spool_fixture.hpp"

namespace vouchgate {
namespace {

using support::event;
using SpoolCrash = support::SpoolFixture;

struct Line {
  enum What : std::uint64_t { stored, forgotten } what;
  std::uint64_t seq, value;
};

std::string payload(std::uint64_t value) { return std::to_string(value) + std::string(value % 900, '.'); }
std::string device_of(std::uint64_t value) { return "pump-" + std::to_string(value % 5); }

// The child's life: appends without end, tells through the pipe what was acknowledged and what it is about to forget.
[[noreturn]] void live(const SpoolSettings& settings, int pipe, std::uint64_t round) {
  support::VirtualTime time;
  support::ManualPost loop;
  auto spool = spool::open(settings, time, loop.post()).value();
  const auto tell = [pipe](const Line& line) {
    if (::write(pipe, &line, sizeof line) != ssize_t{sizeof line}) ::_exit(1);
  };
  std::size_t under_way = 0;
  for (std::uint64_t value = round * 1000000;; ++value) {
    ++under_way;
    spool->append(event(device_of(value), payload(value)), [&, value](const Result<Seq>& result) {
      --under_way;
      tell({Line::stored, result.value(), value});
      if (value % 3 != 0) return;
      tell({Line::forgotten, *result, value});
      spool->forget({*result});
    });
    if (under_way >= 50) loop.run_until([&] { return under_way < 25; });
  }
}

TEST_F(SpoolCrash, EveryAcknowledgedRecordSurvivesTwentyKills) {
  std::mt19937 random(3);
  std::map<Seq, std::uint64_t> kept, forgotten;
  for (std::uint64_t round = 1; round <= 20; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) live(settings, ends[1], round);
    ::close(ends[1]);
    Line line{};
    for (std::uint32_t left = 1 + random() % 400; left > 0 && ::read(ends[0], &line, sizeof line) > 0; --left)
      (line.what == Line::stored ? kept : forgotten)[line.seq] = line.value;
    ::kill(child, SIGKILL);
    while (::read(ends[0], &line, sizeof line) == ssize_t{sizeof line})
      (line.what == Line::stored ? kept : forgotten)[line.seq] = line.value;
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child was to work until it was killed";

    open();
    std::map<Seq, std::string> found;
    for (int i = 0; i < 5; ++i) {
      const auto records = user->read(device_of(static_cast<std::uint64_t>(i)), 0, 1000000, 1u << 30).value();
      for (const Record& record : records) found[record.seq] = record.message.payload;
    }
    for (const auto& [seq, value] : kept)
      if (!forgotten.contains(seq)) {
        ASSERT_EQ(found[seq], payload(value)) << "round " << round;
      }
    const SpoolUsage usage = user->settled();
    EXPECT_EQ(support::sum(usage.total), usage.total.stored);
    EXPECT_EQ(usage.total.pending, found.size());
    spool.reset();
  }
  EXPECT_GT(kept.size(), 1000u);
}

}  // namespace
}  // namespace vouchgate
