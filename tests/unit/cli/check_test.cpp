// Each verdict as a function of its facts: a table of cases for each check.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/check/clock_checks.hpp"
#include "cli/check/config_checks.hpp"
#include "cli/check/key_checks.hpp"
#include "cli/check/network_checks.hpp"
#include "cli/check/spool_checks.hpp"
#include "cli/check/unit_checks.hpp"

namespace vouchgate::cli::check {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One row of a table: the finding, its verdict, and a part of what it says. A warning or failure always has a hint.
struct Case {
  Finding found;
  Verdict verdict;
  const char* part;
};
void expect(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    EXPECT_STREQ(word(one.found.verdict), word(one.verdict)) << one.found.what;
    EXPECT_THAT(one.found.what, HasSubstr(one.part));
    const bool bad = one.verdict == Verdict::warning || one.verdict == Verdict::failed;
    EXPECT_EQ(!one.found.hint.empty(), bad) << one.found.what;
  }
}

Seen place(Seen::Kind kind, uid_t uid, mode_t mode) { return {kind, uid, uid, mode}; }
const Account daemon_user{"vouchgate", 7, {7}};

TEST(Check, config_valid) {
  config::Loaded good;
  good.settings.devices.resize(2);
  config::Loaded bad;
  bad.mistakes = {{"a.yaml", 3, 7, "tokn: unknown key", "did you mean 'token'?"}, {"a.yaml", 0, 0, "x", ""}};
  expect({{judge_config("a.yaml", good), Verdict::ok, "a.yaml, 2 devices"},
          {judge_config("a.yaml", bad), Verdict::failed, "a.yaml:3:7: tokn: unknown key (and 1 more)"}});
  EXPECT_THAT(judge_config("a.yaml", bad).hint, HasSubstr("did you mean 'token'?"));
  EXPECT_THAT(judge_config("a.yaml", bad).hint, HasSubstr("'vouchgated --config a.yaml --check-config'"));
}

TEST(Check, config_permissions) {
  using Use = Place::Use;
  using Kind = Seen::Kind;
  const auto judge = [](Use use, Seen seen, bool must = true) {
    return judge_places(daemon_user, {{"/p", use, must, seen}});
  };
  expect({{judge(Use::read, place(Kind::file, 0, 0644)), Verdict::ok, "1 files"},
          {judge(Use::read, place(Kind::file, 0, 0600)), Verdict::failed, "vouchgate may not read (it is root's)"},
          {judge(Use::read, {}), Verdict::failed, "/p: is not there"},
          {judge(Use::read, {}, false), Verdict::ok, ""},
          {judge(Use::read, place(Kind::hidden, 0, 0)), Verdict::warning, "cannot be looked at"},
          {judge(Use::secret, place(Kind::file, 7, 0600)), Verdict::ok, ""},
          {judge(Use::secret, place(Kind::file, 7, 0640)), Verdict::failed, "others than its owner may read it"},
          {judge(Use::settings, place(Kind::file, 0, 0646)), Verdict::failed, "everybody may write it"},
          {judge(Use::state, place(Kind::directory, 7, 0700)), Verdict::ok, ""},
          {judge(Use::state, place(Kind::directory, 7, 0750)), Verdict::warning, "others than its owner"},
          {judge(Use::state, place(Kind::file, 7, 0700)), Verdict::failed, "is no directory"},
          {judge(Use::write, place(Kind::directory, 0, 0755)), Verdict::failed, "may not write"},
          {judge(Use::beside, place(Kind::directory, 0, 0755)), Verdict::warning, "the time is not kept there"},
          {judge(Use::beside, place(Kind::directory, 7, 0755)), Verdict::ok, ""}});
}

TEST(Check, only_the_standard_directory_above_the_spool_is_the_daemons_own) {
  Settings settings;
  const auto use = [&](bool there) { return places_of(settings, "a.yaml", there)[1]; };
  EXPECT_EQ(use(true).path, "/var/lib/vouchgate");
  EXPECT_EQ(use(true).use, Place::Use::state);
  settings.spool.path = "/var/messages";
  EXPECT_EQ(use(true).path, "/var");
  EXPECT_EQ(use(true).use, Place::Use::beside);
  EXPECT_EQ(use(false).use, Place::Use::write);
}

TEST(Check, permissions_are_mended_by_the_least_that_helps) {
  using Use = Place::Use;
  const auto plan = [](Use use, Seen seen) {
    std::vector<std::string> out;
    for (const Repair& repair : judge_places(daemon_user, {{"/p", use, true, seen}}).repairs)
      out.push_back(repair.text());
    return out;
  };
  EXPECT_THAT(plan(Use::state, {}), ElementsAre("make directory /p, mode 0700, for vouchgate"));
  EXPECT_THAT(plan(Use::read, {}), ElementsAre()) << "a file cannot be made up";
  EXPECT_THAT(plan(Use::own, place(Seen::Kind::file, 0, 0600)), ElementsAre("give /p to vouchgate"));
  EXPECT_THAT(plan(Use::own, place(Seen::Kind::file, 0, 0)),
              ElementsAre("give /p to vouchgate", "set mode 0400 on /p"));
  EXPECT_THAT(plan(Use::state, place(Seen::Kind::directory, 0, 0755)), ElementsAre("give /p to vouchgate"));
  for (const Use use : {Use::write, Use::beside})
    EXPECT_THAT(plan(use, place(Seen::Kind::directory, 0, 0755)), ElementsAre()) << "it may be /var";
  for (const Use use : {Use::read, Use::settings})
    EXPECT_THAT(plan(use, place(Seen::Kind::file, 0, 0600)), ElementsAre()) << "it is others' as well";
  EXPECT_THAT(plan(Use::secret, place(Seen::Kind::file, 7, 0644)), ElementsAre("set mode 0600 on /p"));
}

TEST(Check, a_failure_outweighs_a_warning_and_both_are_said) {
  const Finding both = judge_places(
      daemon_user, {{"/w", Place::Use::read, true, {Seen::Kind::hidden, 0, 0, 0}}, {"/f", Place::Use::read, true, {}}});
  EXPECT_EQ(both.verdict, Verdict::failed);
  EXPECT_THAT(both.what, HasSubstr("/w: cannot be looked at by this user; /f: is not there"));
}

TEST(Check, user_groups) {
  const Account member{"vouchgate", 7, {7, 109}};
  const Seen device{Seen::Kind::device, 0, 109, 0660};
  const DeviceFacts tpm{"device:/dev/tpmrm0", "/dev/tpmrm0", device, gid_t{109}, "tss"};
  DeviceFacts gone = tpm;
  gone.seen = {};
  DeviceFacts of_root = tpm;
  of_root.seen.gid = 0;
  expect({{judge_groups(member, tpm), Verdict::ok, "vouchgate may open /dev/tpmrm0"},
          {judge_groups(daemon_user, tpm), Verdict::failed, "vouchgate is not in group tss"},
          {judge_groups(member, gone), Verdict::ok, "is in group tss"},
          {judge_groups(daemon_user, gone), Verdict::failed, "not in group tss"},
          {judge_groups(member, of_root), Verdict::failed, "vouchgate may not"},
          {judge_groups({"root", 0, {0}}, tpm), Verdict::ok, "root"},
          {judge_groups(daemon_user, {"swtpm:path=/a", "", {}, {}, ""}), Verdict::ok, "needs no group"}});
  EXPECT_EQ(judge_groups(daemon_user, tpm).repairs.front().text(), "add vouchgate to group tss");
}

TEST(Check, tpm_present_and_answers) {
  keys::ChipReport chip;
  chip.hardware = "IFX SLB9672";
  expect({{judge_tpm_present("device:/d", place(Seen::Kind::device, 0, 0660)), Verdict::ok, "/d"},
          {judge_tpm_present("device:/d", {}), Verdict::failed, "/d: is not there"},
          {judge_tpm_present("device:/d", place(Seen::Kind::file, 0, 0660)), Verdict::failed, "neither"},
          {judge_tpm_present("swtpm:path=/s", place(Seen::Kind::socket, 0, 0660)), Verdict::ok, "/s"},
          {judge_tpm_present("swtpm:path=/s", {}), Verdict::failed, "/s: is not there"},
          {judge_tpm_present("tabrmd:", {}), Verdict::ok, "tabrmd:"},
          {judge_tpm_answers(chip), Verdict::ok, "IFX SLB9672"},
          {judge_tpm_answers(fail(Code::timeout, "tpm", "/d", "no answer")), Verdict::failed, "tpm: /d: no answer"}});
}

TEST(Check, key_present_and_pinned) {
  keys::Description ours;
  ours.where = "0x81000100";
  ours.name = ours.pinned_name = "000baa";
  ours.algorithm = "ES256";
  ours.present = true;
  auto evicted = ours, foreign = ours, unpinned = ours;
  evicted.present = false;
  foreign.pinned_name = "000bcc";
  unpinned.pinned_name.clear();
  const Result<keys::Description> none = fail(Code::not_found, "key", "0x81000100", "there is no key yet", "make one");
  expect({{judge_key_present(ours, true), Verdict::ok, "ES256 at 0x81000100"},
          {judge_key_present(evicted, true), Verdict::warning, "the handle is empty"},
          {judge_key_present(none, true), Verdict::failed, "there is no key yet"},
          {judge_key_pinned(ours), Verdict::ok, "Name 000baa"},
          {judge_key_pinned(evicted), Verdict::ok, "the key file names"},
          {judge_key_pinned(foreign), Verdict::failed, "holds another key (Name 000baa, expected 000bcc)"},
          {judge_key_pinned(unpinned), Verdict::failed, "no key file names this key"}});
  EXPECT_EQ(judge_key_present(none, true).hint, "make one");
  EXPECT_EQ(judge_key_present(none, false).hint, "make one, and the storage root key with it");
}

TEST(Check, tpm_lockout) {
  keys::ChipReport calm, near, locked;
  calm.most_failures = near.most_failures = locked.most_failures = 32;
  near.failures = 16;
  locked.locked_out = true;
  expect({{judge_lockout(calm), Verdict::ok, "0 of 32"},
          {judge_lockout(near), Verdict::warning, "16 of 32"},
          {judge_lockout(locked), Verdict::warning, "locked out"},
          {judge_lockout(fail(Code::unavailable, "tpm", "", "gone")), Verdict::failed, "gone"}});
}

TEST(Check, key_signs) {
  const auto signed_in = [](Duration took, bool good) { return Signature{"ES256", "tpm", "0x81", took, good}; };
  expect({{judge_signature(signed_in(Duration(37), true)), Verdict::ok, "ES256 by tpm 0x81, sign+verify 37 ms"},
          {judge_signature(signed_in(seconds(3), true)), Verdict::warning, "3000 ms"},
          {judge_signature(signed_in(Duration(37), false)), Verdict::failed, "does not verify"},
          {judge_signature(fail(Code::denied, "key", "0x81", "auth")), Verdict::failed, "key: 0x81: auth"}});
}

TEST(Check, clock) {
  const auto report = [](TimeConfidence confidence) { return TimeReport{confidence, "why"}; };
  const WallTime now{seconds(1'700'000'000)};
  const Duration skew = std::chrono::minutes(10);
  expect({{judge_clock(report(TimeConfidence::wrong), now, skew), Verdict::failed, "why"},
          {judge_clock(report(TimeConfidence::plausible), now, skew), Verdict::ok, "2023-11-14T22:13:20Z"},
          {judge_synchronised(report(TimeConfidence::plausible)), Verdict::warning, "unsynchronised"},
          {judge_synchronised(report(TimeConfidence::synchronised)), Verdict::ok, "why"}});
}

TEST(Check, dns_and_tcp) {
  const Endpoint one{"a.example", 8883}, two{"b.example", 443};
  const Resolved good{one, {"192.0.2.1", "192.0.2.2"}, ""}, bad{two, {}, "no address: gone"};
  const Reached up{one, "192.0.2.1", "", Duration(12)}, down{two, "192.0.2.9", "192.0.2.9: refused", Duration(1)};
  expect({{judge_dns({good}), Verdict::ok, "a.example is 192.0.2.1 and 1 more"},
          {judge_dns({{{"192.0.2.1", 1}, {"192.0.2.1"}, ""}}), Verdict::ok, "is an address"},
          {judge_dns({bad}), Verdict::failed, "b.example: no address: gone"},
          {judge_dns({good, bad}), Verdict::warning, "b.example: no address"},
          {judge_dns({bad, bad}), Verdict::failed, "no address"},
          {judge_tcp({up}), Verdict::ok, "a.example:8883 answers in 12 ms"},
          {judge_tcp({down}), Verdict::failed, "b.example:443: 192.0.2.9: refused"},
          {judge_tcp({up, down}), Verdict::warning, "refused"}});
}

TEST(Check, tls_chain) {
  const WallTime now{hours(24 * 20000)};
  const auto judge = [&](auto change) {
    provision::ServerCertificate server{"TLSv1.3", "a", "Good CA", {"a.example"}, now - hours(24), {}, "", true};
    server.not_after = now + hours(24 * 90);
    change(server);
    return judge_tls({{{"a.example", 8883}, server}}, now);
  };
  using Server = provision::ServerCertificate;
  expect(
      {{judge([](Server&) {}), Verdict::ok, "a.example: issuer Good CA, ends in 90 days, TLSv1.3"},
       {judge([&](Server& s) { s.not_after = now + hours(24 * 9); }), Verdict::warning, "ends in 9 days"},
       {judge([&](Server& s) { s.not_after = now - hours(48); }), Verdict::failed, "ended 2 days ago"},
       {judge([&](Server& s) { s.not_before = now + hours(48); }), Verdict::failed, "begins in 2 days"},
       {judge([](Server& s) { s.complaint = "unknown authority"; }), Verdict::failed, "not trusted: unknown authority"},
       {judge([](Server& s) {
          s.is_for_host = false, s.names = {"b", "c"};
        }),
        Verdict::failed, "is for b, c, not"},
       {judge_tls({{{"a", 1}, fail(Code::timeout, "tls", "a", "no answer")}}, now), Verdict::failed, "no answer"}});
}

TEST(Check, cloud_connect) {
  const auto trial = [](ConnectFailure failure) {
    return judge_connect(std::vector<Trial>{{{"a", 1}, false, failure, "why", Duration(5)}});
  };
  const std::vector<Trial> second = {{{"a", 1}, false, ConnectFailure::network, "why", Duration(5)},
                                     {{"b", 1}, true, ConnectFailure::network, "", Duration(5)}};
  expect({{judge_connect(std::vector<Trial>{second[1]}), Verdict::ok, "b:1 accepted a fresh token in 5 ms"},
          {judge_connect(second), Verdict::warning, "a:1: why; b:1 accepted"},
          {judge_connect(fail(Code::denied, "key", "", "no", "h")), Verdict::failed, "key: no"}});
  for (const auto failure : {ConnectFailure::network, ConnectFailure::tls, ConnectFailure::identifier,
                             ConnectFailure::server, ConnectFailure::credentials, ConnectFailure::local})
    expect({{trial(failure), Verdict::failed, "a:1: why"}});
  EXPECT_THAT(trial(ConnectFailure::credentials).hint, HasSubstr("vouchgate key export"));
}

TEST(Check, the_running_daemons_words) {
  Live up = live_of(nlohmann::json::parse(
      R"({"session":{"state":"connected","endpoint":"a:1","since_ms":180000,"connects":3},"token":{"algorithm":"ES256",
          "holder":"tpm","where":"0x81","valid_for_ms":60000},"spool":{"state":"ok","bytes":2048,
          "total":{"stored":5,"delivered":3,"pending":1,"quarantined":1}}})"));
  Live calm = up, off = up, waiting = up, full = up, early = up, lost = up;
  calm.quarantined = 0;
  off.state = "backing-off", off.problem = "refused";
  waiting.state = "waiting-for-time", waiting.algorithm.clear(), waiting.time_reason = "before this build";
  full.spool_state = "full", full.spool_reason = "1 GiB";
  early.state = "connecting", early.algorithm.clear();
  lost.stored = 6;
  Live no_key = off;
  no_key.algorithm.clear();
  expect({{judge_live_session(up), Verdict::ok, "connected for 3 min to a:1, token valid for 60 s, 3 connects"},
          {judge_live_session(off), Verdict::failed, "refused"},
          {judge_live_session(waiting), Verdict::failed, "before this build"},
          {judge_live_session(early), Verdict::warning, "connecting"},
          {judge_live_key(up), Verdict::ok, "ES256 by tpm 0x81"},
          {judge_live_key(no_key), Verdict::failed, "refused"},
          {judge_live_key(waiting), Verdict::skipped, "because"},
          {judge_live_key(early), Verdict::warning, "not yet signed"},
          {judge_live_spool(calm), Verdict::ok, "1 pending, 2 KiB"},
          {judge_live_spool(up), Verdict::warning, "1 in quarantine"},
          {judge_live_spool(full), Verdict::failed, "full: 1 GiB"},
          {judge_live_spool(lost), Verdict::failed, "6 stored, 5 accounted for"}});
  EXPECT_EQ(live_of(nlohmann::json::object()).state, "") << "an older daemon";
}

TEST(Check, spool_and_disk) {
  const std::uint64_t gib = std::uint64_t{1} << 30;
  PlanInput in;
  in.spool.max_bytes = gib;
  in.disk_free = in.disk_size = 8 * gib;
  in.flash = flash_classes().front();
  SpoolSettings settings;
  const auto disk = [](std::uint64_t free, bool read_only = false) {
    return DiskSpace{"/var", free, std::uint64_t{8} << 30, 1000, 10000, read_only};
  };
  DiskSpace few = disk(gib);
  few.inodes_free = 1;
  PlanInput none = in;
  none.disk_free = 0;
  expect({{judge_autonomy(in, 1), Verdict::ok, "7 d 0 h without a link, at 1.0 messages a second"},
          {judge_autonomy(in, 100), Verdict::warning, "9 h 19 min"},
          {judge_autonomy(in, 0), Verdict::ok, "1 GiB last 7 d 0 h at up to 5.5 messages a second"},
          {judge_autonomy(none, 0), Verdict::failed, "no message fits"},
          {judge_disk(disk(gib), settings), Verdict::ok, "/var: 1 GiB free of 8 GiB"},
          {judge_disk(disk(100 << 20), settings), Verdict::warning, "soon below"},
          {judge_disk(disk(10 << 20), settings), Verdict::failed, "spool.min_free is 64 MiB"},
          {judge_disk(disk(gib, true), settings), Verdict::failed, "read-only"},
          {judge_disk(few, settings), Verdict::warning, "inodes"},
          {judge_disk(fail(Code::unavailable, "disk", "/var", "gone"), settings), Verdict::failed, "gone"},
          {judge_spool_files({"/s", true, true, false, 1024, {}}), Verdict::ok, "/s, 1 KiB on disk"},
          {judge_spool_files({"/s", true, false, false, 0, {}}), Verdict::ok, "first start"},
          {judge_spool_files({"/s", false, true, false, 0, {}}), Verdict::warning, "cannot be looked at"},
          {judge_spool_files({"/s", true, true, true, 0, {}}), Verdict::warning, "a read or write failed"},
          {judge_spool_files({"/s", true, true, false, 0, {"spool.db.damaged-1"}}), Verdict::warning, "set aside"}});
}

TEST(Check, unit_exposure) {
  const auto judge = [](const std::string& text) { return judge_exposure(Printed{0, text}); };
  expect({{judge("x\n→ Overall exposure level for vouchgated.service: 1.9 OK"), Verdict::ok, "1.9 of 10"},
          {judge("→ Overall exposure level for vouchgated.service: 9.2 UNSAFE"), Verdict::warning, "9.2 of 10"},
          {judge("Unit vouchgated.service not found."), Verdict::skipped, "not installed"},
          {judge("something else"), Verdict::skipped, "says nothing"},
          {judge_exposure(fail(Code::not_found, "program", "x", "y")), Verdict::skipped, "cannot be run"}});
}

}  // namespace
}  // namespace vouchgate::cli::check
