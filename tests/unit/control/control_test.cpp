// The control socket with fakes behind it: every request, every answer. Never sleeps: the test turns the loop.
#include "vouchgate/control/control.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_children.hpp"
#include "line_peer.hpp"
#include "vouchgate/base/asio.hpp"

namespace vouchgate::control {
namespace {

Status good_day() {
  Status status;
  status.version = "0.4.0";
  status.gateway = "gw-1";
  status.uptime = std::chrono::hours(1);
  status.time_trusted = true;
  status.time.confidence = TimeConfidence::synchronised;
  status.session.state = "connected";
  status.session.endpoint = "cloud:8883";
  status.session.recent_swaps.push_back({Duration(1100), Duration(1500), 7});
  status.token = {"ES256", "tpm", "0x81000100", Duration(2000), std::nullopt};
  status.children.push_back({"pump-1", "subscribed", "", {}, 1, {5, 4, 1, 0, 0, 0}});
  status.children.push_back({"pump-2", "held-off", "not bound", Duration(4000), 0, {}});
  status.spool.bytes = 10;
  status.spool.max_bytes = 1000;
  status.spool.total = {5, 4, 1, 0, 0, 0};
  status.session.tls = "TLSv1.3";
  status.session.round_trip = std::chrono::microseconds(41'250);
  status.traffic.since_start = {7, 6, 2, 800};
  status.traffic.lately = {3, 3, 0, 300};
  status.traffic.lately_for = Duration(10'000);
  status.traffic.last_hour = {{7, 6, 2, 800}};
  status.traffic.step = std::chrono::minutes(5);
  status.traffic.autonomy = std::chrono::hours(61);
  status.faults.push_back(
      {Duration(5000), &events::describe(events::Id::child_held_off), "child held off: pump-2: not bound", 3});
  return status;
}

class FakeOperations : public Operations {
 public:
  Status status() const override { return now; }
  Status now = good_day();
  Result<void> attach(const std::string& device) override { return note("attach " + device); }
  Result<void> detach(const std::string& device) override { return note("detach " + device); }
  Result<void> renew_token() override {
    if (busy) return fail(Code::busy, "token", "", "a swap is under way");
    return note("renew");
  }
  void spool_list(Seq after, std::size_t most, std::function<void(Result<std::vector<Quarantined>>)> done) override {
    asked.push_back("list " + std::to_string(after) + " " + std::to_string(most));
    std::vector<Quarantined> out;
    for (const Quarantined& one : kept)
      if (one.record.seq > after && out.size() < most) out.push_back(one);
    done(out);
  }
  void spool_retry(Seq seq, std::function<void(Result<void>)> done) override {
    done(seq == 7 ? note("retry 7") : Result<void>(fail(Code::not_found, "spool", std::to_string(seq), "not there")));
  }
  void spool_discard(Seq seq, std::function<void(Result<void>)> done) override {
    waiting = [this, seq, done] { done(note("discard " + std::to_string(seq))); };
  }
  void spool_audit(std::function<void(Result<std::vector<AuditLine>>)> done) override {
    done(std::vector<AuditLine>{{"pump-1", {5, 4, 1, 0, 0, 0, 0}, 1, 0, 70, 70},
                                {"pump-2", {1, 0, 1, 0, 0, 0, 0}, 0, 0, 64, 0}});
  }
  std::vector<std::string> asked;
  std::vector<Quarantined> kept;
  std::function<void()> waiting;
  bool busy = false;

 private:
  Result<void> note(std::string what) {
    asked.push_back(std::move(what));
    return {};
  }
};

class ControlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings.path = directory / "control.sock";
    auto made = listen(loop, settings, operations, children);
    ASSERT_TRUE(made.has_value()) << made.error().text();
    control = std::move(*made);
    tool = std::make_unique<testing::LinePeer>(loop, settings.path);
  }
  std::string ask(const std::string& line) {
    tool->line(line);
    return tool->hear();
  }

  testing::TemporaryDirectory directory;
  asio::io_context loop;
  FakeOperations operations;
  testing::FakeChildren children;
  ControlSettings settings;
  std::unique_ptr<Control> control;
  std::unique_ptr<testing::LinePeer> tool;
};

constexpr const char* children_json =
    R"([{"device":"pump-1","state":"subscribed","reason":"","next_try_ms":0,"connections":1,)"
    R"("ledger":{"stored":5,"delivered":4,"pending":1,"expired":0,"dropped":0,"discarded":0,"quarantined":0}},)"
    R"({"device":"pump-2","state":"held-off","reason":"not bound","next_try_ms":4000,"connections":0,)"
    R"("ledger":{"stored":0,"delivered":0,"pending":0,"expired":0,"dropped":0,"discarded":0,"quarantined":0}}])";

TEST_F(ControlTest, StatusIsTheDocumentedForm) {
  EXPECT_EQ(
      ask(R"({"op":"status"})"),
      R"({"op":"status","version":"0.4.0","gateway":"gw-1","uptime_ms":3600000,"healthy":false,"complaints":["1 child held off"],"time_trusted":true,"time":{"confidence":"synchronised","reason":""},)"
      R"("session":{"state":"connected","endpoint":"cloud:8883","problem":"","since_ms":0,"next_try_ms":0,"connects":0,)"
      R"("swaps":0,"recent_swaps":[{"pause_ms":1100,"full_ms":1500,"in_flight":7}],"tls":"TLSv1.3","round_trip_us":41250},)"
      R"("reload_problem":"",)"
      R"("token":{"algorithm":"ES256","holder":"tpm","where":"0x81000100","valid_for_ms":2000,"renew_in_ms":null,"failures":0},)"
      R"("children":)" +
          std::string(children_json) +
          R"(,"spool":{"state":"ok","reason":"","bytes":10,"max_bytes":1000,"disk_free":0,"autonomy_ms":219600000,"total":{"stored":5,"delivered":4,"pending":1,"expired":0,)"
          R"("dropped":0,"discarded":0,"quarantined":0}},"in_flight":0,"window":0,"refused":0,"direct":0,)"
          R"("traffic":{"since_start":{"in":7,"out":6,"refused":2,"bytes":800},)"
          R"("lately":{"in":3,"out":3,"refused":0,"bytes":300,"for_ms":10000},"step_ms":300000,)"
          R"("last_hour":[{"in":7,"out":6,"refused":2,"bytes":800}]},)"
          R"("faults":[{"age_ms":5000,"level":"warning","name":"child_held_off",)"
          R"("message_id":"de1b1471320a88ea37a788d106762832","text":"child held off: pump-2: not bound","count":3}]})");
  EXPECT_EQ(ask(R"({"op":"devices"})"), R"({"op":"devices","devices":)" + std::string(children_json) + "}");
}

TEST_F(ControlTest, HealthyMeansThatNobodyHasToDoAnything) {
  Status& status = operations.now;
  const auto complaints = [&] {
    const auto answer = nlohmann::json::parse(ask(R"({"op":"status"})"));
    EXPECT_EQ(answer["healthy"], answer["complaints"].empty());
    return answer["complaints"];
  };
  status.children.pop_back();
  EXPECT_TRUE(complaints().empty());
  status.session.connects = 2;
  status.session.state = "connecting";
  EXPECT_TRUE(complaints().empty()) << "a planned swap";
  status.session.problem = "no route to host";
  EXPECT_EQ(complaints()[0], "not connected: no route to host");
  status.time_trusted = false;
  status.time.reason = "before this build";
  status.spool.state = SpoolState::disk_full;
  status.spool.reason = "5 bytes free";
  status.spool.total.quarantined = 2;
  status.reload_problem = "a mistake";
  EXPECT_EQ(complaints(), nlohmann::json::parse(R"(["clock: before this build","not connected: no route to host",
      "spool disk-full: 5 bytes free","2 messages in quarantine","last reload failed: a mistake"])"));
}

TEST_F(ControlTest, OperationsReachTheGateway) {
  EXPECT_EQ(ask(R"({"op":"attach","device":"pump-1","id":"7"})"), R"({"op":"attach","id":"7"})");
  EXPECT_EQ(ask(R"({"op":"detach","device":"pump-1"})"), R"({"op":"detach"})");
  EXPECT_EQ(ask(R"({"op":"renew"})"), R"({"op":"renew"})");
  EXPECT_EQ(operations.asked, (std::vector<std::string>{"attach pump-1", "detach pump-1", "renew"}));
  operations.busy = true;
  EXPECT_EQ(ask(R"({"op":"renew"})"), R"({"op":"error","code":"busy","message":"token: a swap is under way"})");
}

TEST_F(ControlTest, TheQuarantineIsListedShownRetriedAndDiscarded) {
  const Message message{*DeviceId::parse("pump-1"), Kind::event, *Subfolder::parse("a/b"), std::string("x\0y", 3)};
  operations.kept.push_back({{7, message, WallTime(std::chrono::milliseconds(1000))},
                             "ended the session",
                             WallTime(std::chrono::milliseconds(2000))});
  const std::string fields =
      R"("seq":7,"device":"pump-1","kind":"event","subfolder":"a/b","size":3,"reason":"ended the session",)"
      R"("since_ms":2000,"stored_at_ms":1000)";
  EXPECT_EQ(ask(R"({"op":"spool-list"})"), R"({"op":"spool-list","messages":[{)" + fields + "}]}");
  EXPECT_EQ(ask(R"({"op":"spool-list","after":"7","id":"i"})"), R"({"op":"spool-list","id":"i","messages":[]})");
  EXPECT_EQ(ask(R"({"op":"spool-show","seq":"7"})"), R"({"op":"spool-show",)" + fields + R"(,"data_b64":"eAB5"})");
  EXPECT_NE(ask(R"({"op":"spool-show","seq":"6"})").find("not-found"), std::string::npos);
  EXPECT_NE(ask(R"({"op":"spool-show","seq":"x"})").find("not a sequence number"), std::string::npos);
  EXPECT_EQ(ask(R"({"op":"spool-retry","seq":"7"})"), R"({"op":"spool-retry"})");
  EXPECT_NE(ask(R"({"op":"spool-retry","seq":"8"})").find("not-found"), std::string::npos);
}

TEST_F(ControlTest, APageOfTheQuarantineIsBoundedAndTheListLosesNothing) {
  const Message message{*DeviceId::parse("pump-1"), Kind::event, Subfolder(), "x"};
  for (Seq seq = 1; seq <= 300; ++seq)
    operations.kept.push_back({{seq, message, {}}, std::string(seq % 2 == 0 ? 3000 : 10, '"'), {}});
  operations.kept.push_back({{301, message, {}}, std::string(400'000, 'x'), {}});
  Seq after = 0;
  std::size_t listed = 0;
  for (int page = 0; page < 20 && after != 301; ++page) {
    const std::string line = ask(R"({"op":"spool-list","after":")" + std::to_string(after) + "\"}");
    const auto messages = nlohmann::json::parse(line).at("messages");
    EXPECT_LE(messages.size(), 200u);
    if (messages.size() > 1) {
      EXPECT_LE(line.size(), 256u * 1024 + 100);
    }
    ASSERT_FALSE(messages.empty()) << "after " << after;
    listed += messages.size();
    after = messages.back().at("seq");
  }
  EXPECT_EQ(listed, 301u);
}

TEST_F(ControlTest, TheLargestMessageCanBeShown) {
  const Message message{*DeviceId::parse("pump-1"), Kind::event, Subfolder(), std::string(max_event_bytes, '\xff')};
  operations.kept.push_back({{7, message, {}}, "ended the session", {}});
  const std::string line = ask(R"({"op":"spool-show","seq":"7"})");
  EXPECT_LT(line.size(), 512u * 1024);
  EXPECT_EQ(nlohmann::json::parse(line).at("data_b64").get<std::string>().size(), (max_event_bytes + 2) / 3 * 4);
}

TEST_F(ControlTest, AGatewayFullOfDevicesStillTellsItsStatus) {
  ChildStatus child{"", "held-off", std::string(200, 'r'), {}, 0, {}};
  for (int i = 0; i < 10'000; ++i) {
    child.device = "pump-" + std::string(100, 'x') + std::to_string(i);
    operations.now.children.push_back(child);
  }
  const std::string line = ask(R"({"op":"status"})");
  ASSERT_GT(line.size(), 4u * 1024 * 1024) << line.substr(0, 100);
  EXPECT_EQ(nlohmann::json::parse(line).at("children").size(), 10'002u);
}

TEST_F(ControlTest, AnAnswerOfTheDiskMayComeAfterTheSocketIsGone) {
  tool->line(R"({"op":"spool-discard","seq":"3"})");
  while (!operations.waiting) loop.run_one();
  operations.waiting();
  EXPECT_EQ(tool->hear(), R"({"op":"spool-discard"})");
  operations.waiting = nullptr;
  tool->line(R"({"op":"spool-discard","seq":"4"})");
  while (!operations.waiting) loop.run_one();
  control.reset();
  operations.waiting();
}

TEST_F(ControlTest, TheAuditSaysWhichDeviceDoesNotAddUp) {
  const std::string answer = ask(R"({"op":"spool-audit"})");
  EXPECT_NE(answer.find(R"("bytes":70,"bytes_found":70,"adds_up":true)"), std::string::npos) << answer;
  EXPECT_NE(answer.find(R"("bytes":64,"bytes_found":0,"adds_up":false)"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with(R"("adds_up":false})")) << answer;
  EXPECT_EQ(nlohmann::json::parse(answer).at("total").at("bytes"), 134) << answer;
}

TEST_F(ControlTest, SendIsStoredThenDelivered) {
  children.deliver = true;
  EXPECT_EQ(ask(R"({"op":"send","device":"pump-1","kind":"event","subfolder":"a","data_b64":"eA==","id":"1"})"),
            R"({"op":"stored","device":"pump-1","id":"1","seq":1})");
  EXPECT_EQ(tool->hear(), R"({"op":"delivered","device":"pump-1","id":"1","seq":1})");
  EXPECT_EQ(children.offers[0].message.payload, "x");
  EXPECT_EQ(children.hellos.at(0).ack, Ack::both);
  EXPECT_GE(children.offers[0].connection, std::uint64_t{1} << 63);
}

TEST_F(ControlTest, OnlyAListenerHearsTheCloud) {
  children.config_at_hello = "c";
  ask(R"({"op":"send","device":"pump-1","data_b64":"","id":"1"})");
  EXPECT_EQ(ask(R"({"op":"listen","device":"pump-1"})"), R"({"op":"config","device":"pump-1","data_b64":"Yw=="})");
  EXPECT_EQ(tool->hear(), R"({"op":"listening","device":"pump-1","attached":true})");
  const auto& hello = children.hellos.back();
  children.port().command(hello.connection, hello.device, "go", "now");
  EXPECT_EQ(tool->hear(), R"({"op":"command","device":"pump-1","subfolder":"go","data_b64":"bm93"})");
}

TEST_F(ControlTest, BadRequestsAreAnsweredAndTheConnectionLives) {
  children.strangers = {"stranger"};
  const std::pair<const char*, const char*> table[] = {
      {"[", "line: is not a JSON object"},
      {"{}", "op: '': is unknown"},
      {R"({"op":"stop"})", "op: 'stop': is unknown"},
      {R"({"op":"status","device":"x"})", "device: has no place in this request"},
      {R"({"op":"status","":"x"})", "has no place in this request"},
      {R"({"op":"attach"})", "device: '': has 0 characters; 3 to 255 are allowed"},
      {R"({"op":"attach","device":7})", "device: is not a string"},
      {R"({"op":"listen","device":"stranger"})", "device: stranger: is not configured"},
      {R"({"op":"send","device":"stranger","data_b64":""})", "device: stranger: is not configured"},
      {R"({"op":"send","device":"pump-1"})", "data_b64: is missing"},
      {R"({"op":"send","device":"pump-1","data_b64":"x"})", "data_b64: length is not a multiple of 4"},
      {R"({"op":"send","device":"pump-1","data_b64":"","kind":"x"})", "kind: is neither event nor state"},
      {R"({"op":"send","device":"pump-1","data_b64":"","kind":"state","subfolder":"x"})",
       "subfolder: has no place in a state"},
      {R"({"op":"send","device":"pump-1","data_b64":"","subfolder":"+"})",
       "subfolder: '+': has '+', which a topic cannot carry"}};
  for (const auto& [line, message] : table)
    EXPECT_NE(ask(line).find(std::string(R"("message":")") + message + '"'), std::string::npos) << line;
  EXPECT_TRUE(children.offers.empty());
  EXPECT_EQ(ask(R"({"op":"renew"})"), R"({"op":"renew"})");
}

TEST_F(ControlTest, DestructionWithAToolConnectedIsClean) {
  ask(R"({"op":"listen","device":"pump-1"})");
  control.reset();
  EXPECT_EQ(children.left.size(), 1u);
  EXPECT_EQ(tool->hear(), "<end>");
}

TEST(Sentence, SaysHowItIs) {
  EXPECT_EQ(sentence(good_day()), "connected to cloud:8883, 1 of 2 children attached, 1 held off, 1 pending");
  Status down;
  down.session.state = "backing-off";
  down.session.problem = "no route to host";
  EXPECT_EQ(sentence(down),
            "not connected, trying again by itself (no route to host), 0 of 0 children attached, 0 pending");
  Status refused = good_day();
  refused.reload_problem = "vouchgate.yaml:3:5: lifetme: unknown key";
  EXPECT_TRUE(sentence(refused).ends_with(", 1 pending; last reload failed: vouchgate.yaml:3:5: lifetme: unknown key"));
}

}  // namespace
}  // namespace vouchgate::control
