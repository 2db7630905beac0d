// Long random walks through a cloud, a key and a clock that all misbehave: what must hold in every order of events.
#include <gtest/gtest.h>

#include <random>

#include "bench.hpp"

namespace vouchgate::session {
namespace {

// Does what the machine says, as the contracts allow it, and complains when the machine breaks one of them.
class World {
 public:
  explicit World(unsigned seed) : dice_(seed), bench_(3, std::uniform_real_distribution<>(0, 1)(dice_)) {}

  void feed(const Event& event) {
    for (const Action& action : bench_.machine.on(event, bench_.now)) std::visit(*this, action);
    const State state = bench_.state();
    const bool timer = bench_.machine.timer_due().has_value();
    // Nothing may wait for what will never come.
    EXPECT_TRUE(state != State::minting || mint_open_);
    EXPECT_TRUE((state != State::connecting && state != State::closing) || link_ != Link::idle);
    EXPECT_TRUE((state != State::backing_off && state != State::draining) || timer);
    EXPECT_TRUE(state != State::connected || timer || mint_open_ || !trusted_);
    EXPECT_TRUE(state != State::waiting_for_time || !trusted_);
  }

  void step() {
    bench_.pass(Duration(pick(4) == 0 ? pick(4'000'000) : pick(1500)));
    switch (pick(13)) {
      case 0: return feed(Start{});
      case 1: return pick(20) == 0 ? feed(Stop{}) : void();
      case 2: trusted_ = true; return feed(TimeTrusted{});
      case 3: trusted_ = pick(6) != 0 && trusted_; return trusted_ ? void() : feed(TimeDoubted{});
      case 4:
      case 5: return answer_mint();
      case 6:
      case 7: return answer_link();
      case 8: return lose_link();
      case 9: return feed(WindowEmpty{});
      case 10: return pick(8) == 0 ? feed(AckOverdue{}) : void();
      case 11: return pick(4) == 0 ? feed(RenewNow{}) : void();
      default:
        if (bench_.machine.timer_due() && *bench_.machine.timer_due() <= bench_.now) feed(TimerFired{});
    }
  }

  // A day on which everything answers: whatever happened before, it ends in a session.
  void recover() {
    trusted_ = true;
    feed(TimeTrusted{});
    feed(Start{});
    for (int i = 0; i < 50 && bench_.state() != State::connected; ++i) {
      if (mint_open_) answer_mint(true);
      answer_link(true);
      feed(WindowEmpty{});
      if (bench_.machine.timer_due() && bench_.state() != State::connected) {
        bench_.now = std::max(bench_.now, *bench_.machine.timer_due());
        feed(TimerFired{});
      }
      feed(Start{});
    }
    EXPECT_EQ(bench_.state(), State::connected);
    EXPECT_TRUE(traffic_);
  }

  void operator()(const Mint&) {
    EXPECT_TRUE(trusted_) << "minted while the time is doubted";
    EXPECT_FALSE(mint_open_) << "two mints at once";
    mint_open_ = true;
  }
  void operator()(const Connect& to) {
    EXPECT_TRUE(std::exchange(token_, false)) << "a CONNECT without a token of its own";
    EXPECT_EQ(link_, Link::idle);
    EXPECT_LT(to.endpoint, 3u);
    EXPECT_FALSE(traffic_);
    link_ = Link::connecting;
    ++connects;
  }
  void operator()(const Disconnect&) {
    EXPECT_NE(link_, Link::idle);
    link_ = link_ == Link::connecting ? Link::giving_up : Link::closing;
  }
  void operator()(const OpenTraffic&) { EXPECT_FALSE(std::exchange(traffic_, true)); }
  void operator()(const HoldTraffic&) { EXPECT_TRUE(traffic_); }
  void operator()(const CloseTraffic&) { EXPECT_TRUE(std::exchange(traffic_, false)); }
  void operator()(const Stopped&) {
    EXPECT_FALSE(traffic_);
    link_ = Link::idle;  // the process ends here; what the transport still had to say is lost with it
  }
  void operator()(const Arm& arm) { EXPECT_GE(arm.delay, Duration(0)); }
  void operator()(const Disarm&) {}
  void operator()(const Report&) {}

  int connects = 0;

 private:
  enum class Link { idle, connecting, giving_up, up, closing };

  int pick(int sides) { return std::uniform_int_distribution<>(0, sides - 1)(dice_); }
  void answer_mint(bool well = false) {
    if (!std::exchange(mint_open_, false)) return;
    token_ = well || pick(4) != 0;
    token_ ? feed(bench_.token()) : feed(TokenFailed{"no"});
  }
  void answer_link(bool well = false) {
    switch (link_) {
      case Link::idle:
      case Link::up: return;
      case Link::connecting:
        link_ = well || pick(2) == 0 ? Link::up : Link::idle;
        return link_ == Link::up ? feed(Connected{}) : feed(ConnectFailed{static_cast<ConnectFailure>(pick(6)), "no"});
      case Link::giving_up: link_ = Link::idle; return feed(ConnectFailed{ConnectFailure::network, "given up"});
      case Link::closing: link_ = Link::idle; return feed(Closed{"asked"});
    }
  }
  void lose_link() {
    if (link_ != Link::up || pick(3) != 0) return;
    link_ = Link::idle;
    feed(Closed{"lost"});
  }

  std::mt19937 dice_;
  Bench bench_;
  Link link_ = Link::idle;
  bool trusted_ = false, mint_open_ = false, token_ = false, traffic_ = false;
};

TEST(Walk, HoldsItsPromisesInEveryOrderOfEventsAndAlwaysRecovers) {
  int connects = 0;
  for (unsigned seed = 0; seed < 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    for (int i = 0; i < 600; ++i) world.step();
    world.recover();
    connects += world.connects;
  }
  EXPECT_GT(connects, 3000) << "the walk hardly went anywhere";
}

}  // namespace
}  // namespace vouchgate::session
