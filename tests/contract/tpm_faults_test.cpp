// Faults of a TPM under a running service: the first signature after each one ends succeeds, nothing counts towards the
// lockout, and every call is answered once. Real swtpm; no sleeps.
#include <mutex>
#include <thread>

#include "keys/crypto.hpp"
#include "keys/tpm/key_file.hpp"
#include "keys/tpm/templates.hpp"
#include "tpm_fixture.hpp"
#include "virtual_time.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::keys {
namespace {

struct Lines : log::Sink {
  void write(const log::Line& line) override {
    const std::lock_guard lock(mutex);
    texts.push_back(line.text);
  }
  int count(std::string_view part) {
    const std::lock_guard lock(mutex);
    return static_cast<int>(
        std::ranges::count_if(texts, [&](const std::string& text) { return text.find(part) != std::string::npos; }));
  }
  std::mutex mutex;
  std::vector<std::string> texts;
};

class TpmFaults : public TpmKey {
 protected:
  TpmFaults() : before(log::set_sink(lines)) {
    // An hour between two lines: nothing is folded, so what is said twice is seen twice.
    log::set_clock(
        [hours = 0]() mutable { return std::chrono::steady_clock::time_point(std::chrono::hours(++hours)); });
  }
  ~TpmFaults() override {
    service.reset();
    log::set_clock(std::chrono::steady_clock::now);
    log::set_sink(before);
  }
  void make_key_and_service(Duration answer_within = usual_answer) {
    auto made = create(settings);
    ASSERT_TRUE(made) << made.error().text();
    key = (*made)->info();
    made->reset();
    service = start_service(settings, loop.post(), time, answer_within);
  }
  // A signature by the service; verified.
  Result<Bytes> ask() {
    std::optional<Result<Bytes>> answer;
    service->sign("input", [&](Result<Bytes> result) { answer = std::move(result); });
    if (!loop.run_until([&] { return answer.has_value(); }, std::chrono::seconds(60)))
      return fail(Code::internal, "test", "", "no answer");
    EXPECT_TRUE(!*answer || verifies(key.algorithm, key.public_key_der, view("input"), **answer));
    return *answer;
  }
  Result<ClockReading> read_clock() {
    std::optional<Result<ClockReading>> answer;
    service->clock([&](Result<ClockReading> result) { answer = std::move(result); });
    if (!loop.run_until([&] { return answer.has_value(); }, std::chrono::seconds(60)))
      return fail(Code::internal, "test", "", "no answer");
    return *answer;
  }
  // Handles of loaded objects, as a TPM without a resource manager shows them.
  std::vector<TPM2_HANDLE> loaded() {
    const auto tpm = context();
    TPMS_CAPABILITY_DATA* data = nullptr;
    TPMI_YES_NO more = 0;
    EXPECT_EQ(Esys_GetCapability(tpm->get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
                                 TPM2_TRANSIENT_FIRST, 16, &more, &data),
              0u);
    const tpm::Esys<TPMS_CAPABILITY_DATA> owner(data);
    const TPML_HANDLE& handles = data->data.handles;
    return {handles.handle, handles.handle + handles.count};
  }
  void evict(TPM2_HANDLE handle) {
    const auto tpm = context();
    const auto there = tpm->persistent(handle);
    ASSERT_TRUE(there);
    ASSERT_TRUE(tpm->evict(there->handle, handle));
  }
  // Owner authorisation set by somebody else: keys cannot be made persistent, only loaded.
  void set_owner_authorisation() {
    const TPM2B_AUTH value{.size = 6, .buffer = {'s', 'e', 'c', 'r', 'e', 't'}};
    const auto tpm = context();
    ASSERT_EQ(
        Esys_HierarchyChangeAuth(tpm->get(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &value),
        0u);
  }
  // Another program's primary key; the same template and authorisation give the same key again.
  static ESYS_TR make_primary(tpm::Context& tpm, const TPM2B_PUBLIC& area, const std::string& authorisation,
                              ESYS_TR hierarchy = ESYS_TR_RH_OWNER) {
    TPM2B_SENSITIVE_CREATE sensitive{};
    sensitive.sensitive.userAuth.size = static_cast<UINT16>(authorisation.size());
    std::ranges::copy(authorisation, sensitive.sensitive.userAuth.buffer);
    const TPM2B_DATA outside{};
    const TPML_PCR_SELECTION pcrs{};
    ESYS_TR made = ESYS_TR_NONE;
    EXPECT_EQ(Esys_CreatePrimary(tpm.get(), hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &area,
                                 &outside, &pcrs, &made, nullptr, nullptr, nullptr, nullptr),
              0u);
    return made;
  }
  // Stops the TPM in the middle of a call: returns when the key's thread waits for it.
  void ask_a_hanging_tpm(std::vector<Result<Bytes>>& answers) {
    swtpm.suspend();
    service->sign("input", [&](Result<Bytes> result) { answers.push_back(std::move(result)); });
    while (!service->health().busy) std::this_thread::yield();
  }

  std::shared_ptr<Lines> lines = std::make_shared<Lines>();
  std::shared_ptr<log::Sink> before;
  support::ManualPost loop;
  support::VirtualTime time;
  KeyInfo key;
  std::unique_ptr<Service> service;
};

TEST_F(TpmFaults, killed_and_restarted_between_two_signatures_it_is_not_even_noticed) {
  make_key_and_service();
  for (int i = 0; i < 5; ++i) {
    const auto signature = ask();
    ASSERT_TRUE(signature) << signature.error().text();
    EXPECT_TRUE(tpm::Context::open(settings.tpm.tcti));
    swtpm.kill_hard();
    swtpm.start();
  }
  EXPECT_TRUE(ask());
  EXPECT_EQ(lockout_counter(), 0u);
}

TEST_F(TpmFaults, while_it_is_gone_each_answer_says_so_and_the_first_after_its_return_is_a_signature) {
  make_key_and_service();
  ASSERT_TRUE(ask());
  swtpm.kill_hard();
  for (int i = 0; i < 3; ++i) {
    const auto refused = ask();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::unavailable);
    EXPECT_EQ(refused.error().line(), "tpm: " + settings.tpm.tcti + ": the TPM does not answer");
    EXPECT_NE(refused.error().hint.find("key.tpm.tcti"), std::string::npos);
  }
  swtpm.start();
  const auto signature = ask();
  EXPECT_TRUE(signature) << signature.error().text();
}

TEST_F(TpmFaults, a_key_that_is_only_loaded_is_loaded_again_after_a_reset) {
  settings.tpm.auth_file = write("auth", "correct horse");
  make_key_and_service();
  evict(settings.tpm.handle);
  set_owner_authorisation();
  for (int i = 0; i < 4; ++i) {
    const auto signature = ask();
    ASSERT_TRUE(signature) << signature.error().text();
    EXPECT_FALSE(context()->persistent(settings.tpm.handle));
    swtpm.kill_hard();
    swtpm.start();
  }
  EXPECT_EQ(service->info()->name, key.name);
  EXPECT_EQ(lines->count("was gone from its handle; loaded from " + settings.tpm.key_file), 1) << "said once";
  EXPECT_EQ(lockout_counter(), 0u);
}

TEST_F(TpmFaults, a_bare_tpm_that_nobody_started_is_started) {
  make_key_and_service();
  ASSERT_TRUE(ask());
  swtpm.kill_hard();
  swtpm.start(test::Swtpm::Startup::none);
  const auto signature = ask();
  ASSERT_TRUE(signature) << signature.error().text();
  EXPECT_EQ(lines->count("had been reset and was not started; started it"), 1);
  // Also when the key is not open yet.
  service.reset();
  swtpm.kill_hard();
  swtpm.start(test::Swtpm::Startup::none);
  service = start_service(settings, loop.post(), time);
  EXPECT_TRUE(ask());
  EXPECT_EQ(lockout_counter(), 0u);
}

TEST_F(TpmFaults, a_key_evicted_by_another_program_comes_back_from_its_file_within_the_same_call) {
  make_key_and_service();
  ASSERT_TRUE(ask());
  evict(settings.tpm.handle);
  const auto signature = ask();
  ASSERT_TRUE(signature) << signature.error().text();
  EXPECT_EQ(lines->count("was gone from its handle"), 1);
  EXPECT_TRUE(context()->persistent(settings.tpm.handle)) << "and is at its handle again";
}

TEST_F(TpmFaults, copies_of_our_key_that_an_earlier_run_left_loaded_are_removed) {
  make_key_and_service();
  const auto file = tpm::read_key_file(settings.tpm.key_file);
  ASSERT_TRUE(file);
  {
    const auto tpm = context();
    const auto parent = tpm->persistent(settings.tpm.parent);
    ESYS_TR object = ESYS_TR_NONE;
    while (Esys_Load(tpm->get(), parent->handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &file->secret,
                     &file->area, &object) == 0u) {}
  }
  ASSERT_GE(loaded().size(), 2u);
  evict(settings.tpm.handle);
  const auto signature = ask();
  ASSERT_TRUE(signature) << signature.error().text();
  EXPECT_TRUE(loaded().empty());
  EXPECT_EQ(lines->count("copies of this gateway's key"), 1);
}

TEST_F(TpmFaults, objects_of_other_programs_are_left_alone_and_named_as_the_cause) {
  make_key_and_service();
  ASSERT_TRUE(ask());
  auto other = context();
  std::vector<ESYS_TR> objects;
  for (int i = 0; i < 3; ++i)  // it has three places
    objects.push_back(make_primary(*other, tpm::storage_root_template(), "", ESYS_TR_RH_NULL));
  for (int i = 0; i < 3; ++i) {
    const auto refused = ask();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::busy);
    EXPECT_NE(refused.error().reason.find("no free object slot"), std::string::npos) << refused.error().text();
    EXPECT_NE(refused.error().hint.find("tpm2_flushcontext -t"), std::string::npos);
  }
  EXPECT_EQ(loaded().size(), 3u);
  for (const ESYS_TR object : objects) EXPECT_EQ(Esys_FlushContext(other->get(), object), 0u);
  const auto signature = ask();
  EXPECT_TRUE(signature) << signature.error().text();
}

TEST_F(TpmFaults, a_lockout_that_others_caused_does_not_stop_this_key_and_it_adds_nothing) {
  make_key_and_service();
  ASSERT_TRUE(ask());
  {
    auto tpm = context();
    TPM2B_PUBLIC area = tpm::signing_template(Algorithm::es256);
    area.publicArea.objectAttributes &= ~TPMA_OBJECT_NODA;
    const ESYS_TR guarded = make_primary(*tpm, area, "right");
    const TPM2B_AUTH wrong{.size = 5, .buffer = {'w', 'r', 'o', 'n', 'g'}};
    ASSERT_EQ(Esys_TR_SetAuth(tpm->get(), guarded, &wrong), 0u);
    const TPM2B_DIGEST digest{.size = 32, .buffer = {}};
    const TPMT_SIG_SCHEME scheme{.scheme = TPM2_ALG_NULL, .details = {}};
    const TPMT_TK_HASHCHECK ticket{.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL, .digest = {}};
    TSS2_RC rc = 0;
    for (int i = 0; i < 100 && rc != TPM2_RC_LOCKOUT; ++i) {
      TPMT_SIGNATURE* signature = nullptr;
      rc = Esys_Sign(tpm->get(), guarded, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &digest, &scheme, &ticket,
                     &signature);
    }
    ASSERT_EQ(rc, TPM2_RC_LOCKOUT);
    ASSERT_EQ(Esys_FlushContext(tpm->get(), guarded), 0u);
  }
  const UINT32 counter = lockout_counter();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(ask());
  evict(settings.tpm.handle);
  const auto signature = ask();
  EXPECT_TRUE(signature) << "loaded below a parent without dictionary-attack protection: " << signature.error().text();
  EXPECT_EQ(lockout_counter(), counter);
}

TEST_F(TpmFaults, a_parent_that_refuses_and_counts_is_asked_once) {
  // The same primary key has the same Name with any authorisation value: somebody made it anew with one.
  TPM2B_PUBLIC counting = tpm::storage_root_template();
  counting.publicArea.objectAttributes &= ~TPMA_OBJECT_NODA;
  const auto put_parent = [&](const std::string& authorisation) {
    const auto tpm = context();
    const ESYS_TR parent = make_primary(*tpm, counting, authorisation);
    EXPECT_TRUE(tpm->persist(parent, settings.tpm.parent));
    tpm->flush(parent);
  };
  put_parent("");
  make_key_and_service();
  ASSERT_TRUE(ask());
  evict(settings.tpm.handle);
  evict(settings.tpm.parent);
  put_parent("secret");
  const UINT32 counter = lockout_counter();
  for (int i = 0; i < 10; ++i) {
    const auto refused = ask();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::denied) << refused.error().text();
  }
  EXPECT_EQ(lockout_counter(), counter + 1);
  EXPECT_NE(ask().error().hint.find("vouchgate key test"), std::string::npos);
  // The key at its handle needs no parent: put back by hand, it serves again without a restart.
  evict(settings.tpm.parent);
  put_parent("");
  ASSERT_TRUE(open(settings));
  const auto signature = ask();
  EXPECT_TRUE(signature) << signature.error().text();
}

TEST_F(TpmFaults, a_hanging_tpm_is_given_up_and_its_return_is_enough) {
  make_key_and_service(std::chrono::seconds(3));  // one second for a command
  ASSERT_TRUE(ask());
  std::vector<Result<Bytes>> answers;
  ask_a_hanging_tpm(answers);
  ASSERT_TRUE(loop.run_until([&] { return answers.size() == 1; }));
  ASSERT_FALSE(answers[0]);
  EXPECT_EQ(answers[0].error().code, Code::timeout);
  EXPECT_EQ(answers[0].error().line(), "tpm: " + settings.tpm.tcti + ": the TPM did not answer in time");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask().error().code, Code::timeout);
  swtpm.resume();
  const auto signature = ask();
  ASSERT_TRUE(signature) << signature.error().text();
  EXPECT_EQ(lockout_counter(), 0u);
}

TEST_F(TpmFaults, a_thread_that_hangs_does_not_keep_the_loop_waiting) {
  make_key_and_service(std::chrono::minutes(3));  // a minute for a command: the thread will not give up by itself
  ASSERT_TRUE(ask());
  std::vector<Result<Bytes>> answers;
  ask_a_hanging_tpm(answers);
  service->sign("second", [&](Result<Bytes> result) { answers.push_back(std::move(result)); });
  time.advance(std::chrono::minutes(3) - Duration(1));
  EXPECT_TRUE(answers.empty());
  time.advance(Duration(1));
  ASSERT_EQ(answers.size(), 2u) << "at the deadline, though the thread still waits";
  for (const auto& answer : answers) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::timeout);
    EXPECT_NE(answer.error().reason.find("no answer within"), std::string::npos);
  }
  EXPECT_TRUE(service->health().busy);
  EXPECT_EQ(time.armed(), 0u);
  swtpm.resume();
  const auto signature = ask();
  ASSERT_TRUE(signature) << signature.error().text();
  loop.run_all();
  EXPECT_EQ(answers.size(), 2u) << "each call is answered once; the late signature is dropped";
}

TEST_F(TpmFaults, calls_that_were_given_up_cost_the_thread_no_time) {
  make_key_and_service(std::chrono::seconds(3));  // one second for a command
  std::vector<Result<Bytes>> answers;
  ask_a_hanging_tpm(answers);
  for (int i = 0; i < 100; ++i)
    service->sign("more", [&](Result<Bytes> result) { answers.push_back(std::move(result)); });
  time.advance(std::chrono::seconds(3));
  EXPECT_EQ(answers.size(), 101u);
  EXPECT_EQ(ask().error().code, Code::timeout) << "by the thread, which did not try each of them";
}

TEST_F(TpmFaults, a_wrong_authorisation_value_is_read_anew_from_its_file) {
  settings.tpm.auth_file = write("auth", "correct horse");
  make_key_and_service();
  ASSERT_TRUE(ask());
  write("auth", "battery staple");
  service = start_service(settings, loop.post(), time);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask().error().code, Code::denied);
  write("auth", "correct horse");
  EXPECT_TRUE(ask());
  EXPECT_EQ(lockout_counter(), 0u);
}

TEST_F(TpmFaults, the_service_ends_with_calls_open) {
  make_key_and_service(std::chrono::seconds(3));
  std::vector<Result<Bytes>> answers;
  ask_a_hanging_tpm(answers);
  for (int i = 0; i < 5; ++i)
    service->sign("more", [&](Result<Bytes> result) { answers.push_back(std::move(result)); });
  service.reset();
  loop.run_all();
  time.advance(std::chrono::hours(1));
  EXPECT_TRUE(answers.empty());
}

TEST_F(TpmFaults, its_clock_runs_on_over_resets_and_needs_no_key) {
  service = start_service(settings, loop.post(), time);
  const auto first = read_clock();
  ASSERT_TRUE(first) << first.error().text();
  swtpm.kill_hard();
  EXPECT_EQ(read_clock().error().code, Code::unavailable);
  swtpm.start();
  const auto second = read_clock();
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_EQ(second->reset_count, first->reset_count + 1);
  EXPECT_EQ(second->restart_count, 0u);
  ASSERT_EQ(ask().error().code, Code::not_found) << "no key was made";
  make_key_and_service();
  ASSERT_TRUE(ask());
  const auto third = read_clock();
  ASSERT_TRUE(third);
  EXPECT_GE(third->milliseconds, second->milliseconds);
  EXPECT_EQ(third->reset_count, second->reset_count);
}

}  // namespace
}  // namespace vouchgate::keys
