// One child's queue against a plain model: whatever happens, the order of a lane holds and nothing is skipped.
#include "gateway/queue.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace vouchgate::gateway {
namespace {

Record record(Seq seq) { return {seq, Message{*DeviceId::parse("pump-1"), Kind::event, Subfolder(), "x"}, {}}; }

// The disk of the test: what is stored and neither forgotten nor withdrawn.
struct Bench {
  explicit Bench(unsigned live_share) : queue(live_share) {}
  Queue queue;
  std::map<Seq, bool> disk;
  Seq last = 0;
  std::vector<Seq> in_flight, acked, sent;
  std::optional<Seq> cursor;   // of the read under way
  std::vector<Record> answer;  // taken when the read was asked for
  void store(bool room) {
    disk[++last] = true;
    queue.stored(record(last), room);
  }
  // A failed write that the disk kept; nobody was told its number.
  void store_unknown() {
    disk[++last] = true;
    queue.look_again();
  }
  void fail_read() {
    if (cursor) queue.fail_read();
    cursor.reset();
    answer.clear();
  }
  void begin_read() {
    if (cursor) return;
    cursor = queue.begin_read();
    if (!cursor) return;
    for (auto at = disk.upper_bound(*cursor); at != disk.end() && answer.size() < 4; ++at)
      answer.push_back(record(at->first));
  }
  void end_read() {
    if (!cursor) return;
    queue.end_read(std::exchange(answer, {}), *cursor);
    cursor.reset();
  }
  bool send() {
    if (queue.head() == nullptr) return false;
    in_flight.push_back(queue.take().seq);
    sent.push_back(in_flight.back());
    return true;
  }
  void ack() {
    if (in_flight.empty()) return;
    queue.acked(in_flight.front());
    acked.push_back(in_flight.front());
    in_flight.erase(in_flight.begin());
  }
  void forget() {
    for (const Seq seq : acked) {
      queue.forgotten(seq);
      disk.erase(seq);
    }
    acked.clear();
  }
};

class QueueModel : public ::testing::TestWithParam<unsigned> {};

TEST_P(QueueModel, everything_is_sent_and_first_sendings_are_in_order_whatever_happens) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    Bench bench(GetParam());
    for (int step = 0; step < 120; ++step) {
      switch (random() % 10) {
        case 0:
        case 1: bench.store(random() % 4 != 0); break;
        case 2:
        case 3: bench.send(); break;
        case 4: bench.ack(); break;
        case 5: bench.forget(); break;
        case 6: bench.begin_read(); break;
        case 7: bench.end_read(); break;
        case 8:
          if (random() % 4 == 0) bench.queue.release();
          if (random() % 4 == 0) bench.store_unknown();
          if (random() % 8 == 0) bench.fail_read();
          break;
        default:
          if (random() % 4 != 0) break;
          bench.in_flight.clear();
          if (random() % 2 == 0) {
            bench.queue.take_back();
            bench.acked.clear();
          } else {
            bench.queue.rewind();
          }
      }
    }
    for (int round = 0; round < 2000 && !bench.disk.empty(); ++round) {
      bench.begin_read();
      bench.end_read();
      while (bench.send()) {}
      while (!bench.in_flight.empty()) bench.ack();
      bench.forget();
    }
    ASSERT_TRUE(bench.disk.empty()) << "seed " << seed << ": " << bench.disk.begin()->first << " was never sent";
    if (GetParam() != 0) continue;
    Seq highest = 0;
    std::map<Seq, bool> seen;
    for (const Seq seq : bench.sent) {
      if (seen.emplace(seq, true).second) {
        ASSERT_GT(seq, highest) << "seed " << seed << ": a first sending out of order";
      }
      highest = std::max(highest, seq);
    }
    ASSERT_EQ(bench.queue.bytes(), 0u);
    ASSERT_EQ(bench.queue.in_flight(), 0u);
  }
}
INSTANTIATE_TEST_SUITE_P(shares, QueueModel, ::testing::Values(0u, 50u, 80u));

TEST(Queue, live_records_take_their_share_of_the_turns) {
  Queue queue(80);
  queue.found_on_disk();
  const auto cursor = queue.begin_read();
  for (Seq seq = 101; seq <= 200; ++seq) queue.stored(record(seq), true);
  std::vector<Record> backlog;
  for (Seq seq = 1; seq <= 100; ++seq) backlog.push_back(record(seq));
  queue.end_read(backlog, *cursor);
  int live = 0;
  for (int i = 0; i < 100; ++i) live += queue.take().seq > 100 ? 1 : 0;
  EXPECT_EQ(live, 80);
}

TEST(Queue, what_was_sent_before_it_was_stored_is_not_sent_again_unless_the_session_ends) {
  Queue queue;
  queue.adopt(5);
  queue.stored(record(6), true);
  EXPECT_EQ(queue.take().seq, 6u);
  queue.rewind();
  EXPECT_EQ(queue.begin_read(), 4u);
}

}  // namespace
}  // namespace vouchgate::gateway
