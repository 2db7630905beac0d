// One child's way onto the session, as events and the actions they bring.
#include "vouchgate/attach/machine.hpp"

#include <gtest/gtest.h>

#include <set>

namespace vouchgate::attach {
namespace {

struct Say {
  std::string operator()(const RequestAttach&) const { return "request-attach"; }
  std::string operator()(const RequestSubscribe&) const { return "request-subscribe"; }
  std::string operator()(const SendAttach&) const { return "attach"; }
  std::string operator()(const SendSubscribe&) const { return "subscribe"; }
  std::string operator()(const SendDetach&) const { return "detach"; }
  std::string operator()(const Arm& arm) const { return "arm " + std::to_string(arm.delay.count()); }
  std::string operator()(const Disarm&) const { return "disarm"; }
  std::string operator()(const OpenQueue&) const { return "open"; }
  std::string operator()(const CloseQueue&) const { return "close"; }
  std::string operator()(const HeldOff& held) const {
    return "held-off '" + held.reason + "' " + std::to_string(held.next_try.count());
  }
};

class Bench {
 public:
  explicit Bench(double random01 = 0.5) : machine(settings(), [random01] { return random01; }) {}

  static Settings settings() {
    Settings out;
    out.ack_timeout = std::chrono::seconds(10);
    out.settle = Duration(200);
    out.retry_base = std::chrono::seconds(5);
    out.retry_cap = std::chrono::minutes(10);
    return out;
  }
  std::string on(const Event& event) {
    std::string line;
    for (const Action& action : machine.on(event, now)) line += (line.empty() ? "" : "; ") + std::visit(Say{}, action);
    return line;
  }
  std::string timer() {
    now = std::max(now, machine.due());
    return on(TimerFired{});
  }
  State state() const { return machine.state(); }

  void to_attaching() {
    on(SessionUp{});
    on(AttachTurn{});
  }
  void to_attached() {
    to_attaching();
    on(AttachAcked{});
    on(SubscribeTurn{});
  }
  void to_subscribed() {
    to_attached();
    on(Subscribed{true});
    timer();
  }
  void to_held_off() {
    to_attaching();
    on(Refused{"not bound", false});
  }

  Machine machine;
  Monotonic now{std::chrono::hours(3)};
};

TEST(Machine, TheUsualWayOverlapsSettlingWithTheSubscription) {
  Bench bench;
  EXPECT_EQ(bench.on(SessionUp{}), "request-attach");
  EXPECT_EQ(bench.state(), State::attaching);
  EXPECT_EQ(bench.on(AttachTurn{}), "arm 10000; attach");
  EXPECT_EQ(bench.on(AttachAcked{}), "arm 200; request-subscribe");
  EXPECT_EQ(bench.state(), State::attached);
  EXPECT_EQ(bench.on(SubscribeTurn{}), "subscribe");
  EXPECT_EQ(bench.on(Subscribed{true}), "") << "the attach has not settled";
  EXPECT_EQ(bench.timer(), "open");
  EXPECT_EQ(bench.state(), State::subscribed);
  EXPECT_EQ(bench.machine.reason(), "");
}

TEST(Machine, ASubackAfterSettlingOpensTheQueue) {
  Bench bench;
  bench.to_attached();
  bench.now += Duration(200);
  EXPECT_EQ(bench.timer(), "arm 9800") << "what is left of the SUBACK's time";
  EXPECT_EQ(bench.on(Subscribed{true}), "disarm; open");
}

TEST(Machine, ATurnThatComesAfterSettlingStartsTheSubacksTime) {
  Bench bench;
  bench.to_attaching();
  bench.on(AttachAcked{});
  EXPECT_EQ(bench.timer(), "") << "nothing is due while the pacer has not called";
  EXPECT_EQ(bench.on(SubscribeTurn{}), "arm 10000; subscribe");
  EXPECT_EQ(bench.timer(), "arm 3000; held-off 'no answer to subscribe' 3000");
}

TEST(Machine, NoPubackHoldsTheChildOff) {
  Bench bench;
  bench.to_attaching();
  EXPECT_EQ(bench.timer(), "arm 3000; held-off 'no answer to attach' 3000");
  EXPECT_EQ(bench.state(), State::held_off);
  EXPECT_EQ(bench.machine.reason(), "no answer to attach");
  EXPECT_EQ(bench.on(AttachAcked{}), "") << "too late";
  EXPECT_EQ(bench.timer(), "request-attach");
  EXPECT_EQ(bench.machine.reason(), "");
}

TEST(Machine, ARefusalInEveryStateOfAnAttemptHoldsTheChildOff) {
  const Refused refused{"not bound", false};
  const std::string held = "arm 3000; held-off 'not bound' 3000";
  Bench waiting;
  waiting.on(SessionUp{});
  EXPECT_EQ(waiting.on(refused), held);
  Bench attaching;
  attaching.to_attaching();
  EXPECT_EQ(attaching.on(refused), held);
  Bench attached;
  attached.to_attached();
  EXPECT_EQ(attached.on(refused), held) << "the PUBACK alone is no success";
  Bench granted;
  granted.to_attached();
  granted.on(Subscribed{true});
  EXPECT_EQ(granted.on(refused), held) << "settling is not over";
  Bench subscribed;
  subscribed.to_subscribed();
  EXPECT_EQ(subscribed.on(refused), "close; " + held);
}

TEST(Machine, ARefusedSubscriptionHoldsTheChildOff) {
  Bench bench;
  bench.to_attached();
  EXPECT_EQ(bench.on(Subscribed{false}), "arm 3000; held-off 'the subscription was refused' 3000");
}

TEST(Machine, MoreErrorsWhileHeldOffChangeNothing) {
  Bench bench;
  bench.to_subscribed();
  bench.on(Refused{"not found", true});
  const auto due = bench.machine.due();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(bench.on(Refused{"not found", true}), "");
  EXPECT_EQ(bench.machine.due(), due);
}

TEST(Machine, RefusalsBackOffUpToTheCapAndNeverBelowASecond) {
  for (const double random01 : {0.0, 0.999999}) {
    Bench bench(random01);
    bench.to_attaching();
    Duration longest{};
    for (int i = 0; i < 20; ++i) {
      bench.on(Refused{"not bound", false});
      const auto pause = std::chrono::ceil<Duration>(bench.machine.due() - bench.now);
      EXPECT_GE(pause, std::chrono::seconds(1));
      EXPECT_LE(pause, std::chrono::minutes(10));
      longest = std::max(longest, pause);
      bench.timer();
      bench.on(AttachTurn{});
    }
    EXPECT_GT(longest, random01 > 0.5 ? std::chrono::minutes(9) : std::chrono::minutes(0));
  }
}

TEST(Machine, ALostAttachmentIsTriedAgainAtTheShortEnd) {
  Bench bench;
  bench.to_attaching();
  for (int i = 0; i < 6; ++i) {
    bench.on(Refused{"not bound", false});
    bench.timer();
    bench.on(AttachTurn{});
  }
  bench.on(AttachAcked{});
  bench.on(SubscribeTurn{});
  bench.on(Subscribed{true});
  bench.timer();
  ASSERT_EQ(bench.state(), State::subscribed);
  EXPECT_EQ(bench.on(Refused{"device error", true}), "close; arm 3000; held-off 'device error' 3000");
}

TEST(Machine, AChildThatWasOpenForLongStartsItsBackoffAnew) {
  Bench bench;
  bench.to_held_off();
  bench.timer();
  bench.on(AttachTurn{});
  EXPECT_EQ(bench.on(Refused{"not bound", false}), "arm 5500; held-off 'not bound' 5500");
  bench.timer();
  bench.on(AttachTurn{});
  bench.on(AttachAcked{});
  bench.on(SubscribeTurn{});
  bench.on(Subscribed{true});
  bench.timer();
  bench.now += std::chrono::minutes(1);
  EXPECT_EQ(bench.on(Refused{"not bound", false}), "close; arm 3000; held-off 'not bound' 3000");
}

TEST(Machine, ALostSessionDetachesAndTheNextOneStartsOver) {
  Bench bench;
  bench.to_subscribed();
  EXPECT_EQ(bench.on(SessionDown{}), "close");
  EXPECT_EQ(bench.state(), State::detached);
  EXPECT_EQ(bench.on(SessionDown{}), "");
  EXPECT_EQ(bench.on(SessionUp{}), "request-attach");
  EXPECT_EQ(bench.on(AttachTurn{}), "arm 10000; attach") << "nothing is remembered of the old attach";
  Bench attaching;
  attaching.to_attaching();
  EXPECT_EQ(attaching.on(SessionDown{}), "disarm");
}

TEST(Machine, EveryAttemptSettlesAnew) {
  Bench bench;
  bench.to_subscribed();
  bench.on(SessionDown{});
  bench.to_attached();
  EXPECT_EQ(bench.on(Subscribed{true}), "");
  EXPECT_EQ(bench.timer(), "open");
}

TEST(Machine, ASwapDoesNotShortenAHeldOffChildsPause) {
  Bench bench;
  bench.to_held_off();
  bench.now += Duration(1000);
  EXPECT_EQ(bench.on(SessionDown{}), "disarm");
  EXPECT_EQ(bench.state(), State::held_off);
  EXPECT_EQ(bench.machine.reason(), "not bound");
  EXPECT_EQ(bench.on(TimerFired{}), "");
  bench.now += Duration(500);
  EXPECT_EQ(bench.on(SessionUp{}), "arm 1500");
  EXPECT_EQ(bench.timer(), "request-attach");
}

TEST(Machine, AHeldOffChildWhosePauseEndedWithoutASessionStartsWithTheNext) {
  Bench bench;
  bench.to_held_off();
  bench.on(SessionDown{});
  bench.now += std::chrono::minutes(1);
  EXPECT_EQ(bench.on(SessionUp{}), "request-attach");
}

TEST(Machine, AnOperatorsDetachClosesTheQueueAndTellsTheCloud) {
  Bench subscribed;
  subscribed.to_subscribed();
  EXPECT_EQ(subscribed.on(Wanted{false}), "close; detach");
  EXPECT_EQ(subscribed.state(), State::detached);
  subscribed.on(SessionDown{});
  EXPECT_EQ(subscribed.on(SessionUp{}), "") << "until an operator attaches it";
  EXPECT_EQ(subscribed.on(Wanted{true}), "request-attach");
  Bench attached;
  attached.to_attached();
  EXPECT_EQ(attached.on(Wanted{false}), "disarm; detach");
  Bench attaching;
  attaching.to_attaching();
  EXPECT_EQ(attaching.on(Wanted{false}), "disarm; detach") << "the attach may yet be granted";
  Bench waiting;
  waiting.on(SessionUp{});
  EXPECT_EQ(waiting.on(Wanted{false}), "") << "nothing was sent";
  EXPECT_EQ(waiting.on(AttachTurn{}), "");
}

TEST(Machine, AnOperatorsAttachEndsABackoff) {
  Bench bench;
  bench.to_held_off();
  EXPECT_EQ(bench.on(Wanted{true}), "disarm; request-attach");
  bench.on(AttachTurn{});
  EXPECT_EQ(bench.on(Refused{"not bound", false}), "arm 3000; held-off 'not bound' 3000") << "and its count";
  bench.on(SessionDown{});
  EXPECT_EQ(bench.on(Wanted{true}), "");
  EXPECT_EQ(bench.on(SessionUp{}), "request-attach");
}

TEST(Machine, EventsThatDoNotFitTheStateAreHarmless) {
  Bench detached;
  for (const Event& stray : std::vector<Event>{SessionDown{}, AttachTurn{}, SubscribeTurn{}, AttachAcked{},
                                               Subscribed{true}, Refused{"x", false}, TimerFired{}, Wanted{true}})
    EXPECT_EQ(detached.on(stray), "") << "stray " << stray.index();
  Bench waiting;
  waiting.on(SessionUp{});
  for (const Event& stray :
       std::vector<Event>{SessionUp{}, SubscribeTurn{}, AttachAcked{}, Subscribed{false}, TimerFired{}, Wanted{true}})
    EXPECT_EQ(waiting.on(stray), "") << "stray " << stray.index();
  EXPECT_EQ(waiting.state(), State::attaching);
  Bench subscribed;
  subscribed.to_subscribed();
  for (const Event& stray : std::vector<Event>{SessionUp{}, AttachTurn{}, SubscribeTurn{}, AttachAcked{},
                                               Subscribed{false}, TimerFired{}, Wanted{true}})
    EXPECT_EQ(subscribed.on(stray), "") << "stray " << stray.index();
  EXPECT_EQ(subscribed.state(), State::subscribed);
}

TEST(Machine, ASecondTurnDoesNotSendASecondAttach) {
  Bench bench;
  bench.to_attaching();
  EXPECT_EQ(bench.on(AttachTurn{}), "");
  EXPECT_EQ(bench.on(AttachAcked{}), "arm 200; request-subscribe");
  bench.on(SubscribeTurn{});
  EXPECT_EQ(bench.on(SubscribeTurn{}), "");
}

TEST(Machine, ATimerOfAnEarlierArmKeepsTheRest) {
  Bench bench;
  bench.to_attaching();
  bench.now += std::chrono::seconds(4);
  EXPECT_EQ(bench.on(TimerFired{}), "arm 6000");
  EXPECT_EQ(bench.state(), State::attaching);
}

TEST(Machine, EveryStateHasItsOwnWord) {
  std::set<std::string> words;
  for (int state = 0; state <= static_cast<int>(State::held_off); ++state)
    words.insert(word(static_cast<State>(state)));
  EXPECT_EQ(words.size(), 5u);
  EXPECT_STREQ(word(State::held_off), "held-off");
}

}  // namespace
}  // namespace vouchgate::attach
