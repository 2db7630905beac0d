// The signing thread with a key in a file: what it says while there is none, and that it recovers by itself.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "temporary_directory.hpp"
#include "virtual_time.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys {
namespace {

class SigningThread : public ::testing::Test {
 protected:
  SigningThread() {
    settings.holder = "file";
    settings.file.path = directory.path() + "/key.pem";
  }
  Result<Bytes> ask(Service& service) {
    std::optional<Result<Bytes>> answer;
    service.sign("input", [&](Result<Bytes> result) {
      answered_on = std::this_thread::get_id();
      answer = std::move(result);
    });
    if (!loop.run_until([&] { return answer.has_value(); })) return fail(Code::timeout, "test", "", "no answer");
    return *answer;
  }
  support::TemporaryDirectory directory;
  KeySettings settings;
  support::ManualPost loop;
  support::VirtualTime time;
  std::thread::id answered_on;
};

TEST_F(SigningThread, says_that_there_is_no_key_and_signs_as_soon_as_there_is_one) {
  const auto service = start_service(settings, loop.post(), time);
  EXPECT_EQ(ask(*service).error().code, Code::not_found);
  EXPECT_FALSE(service->info());
  ASSERT_TRUE(create(settings));
  const auto signature = ask(*service);
  ASSERT_TRUE(signature) << signature.error().text();
  ASSERT_TRUE(service->info());
  EXPECT_EQ(service->info()->where, settings.file.path);
}

TEST_F(SigningThread, keeps_the_key_open_and_answers_on_the_loop) {
  ASSERT_TRUE(create(settings));
  const auto service = start_service(settings, loop.post(), time);
  ASSERT_TRUE(ask(*service));
  EXPECT_EQ(answered_on, std::this_thread::get_id());
  std::filesystem::remove(settings.file.path);
  EXPECT_TRUE(ask(*service)) << "no file is read for a signature";
  EXPECT_FALSE(service->health().busy);
}

TEST_F(SigningThread, has_no_clock_without_a_tpm) {
  const auto service = start_service(settings, loop.post(), time);
  std::optional<Result<ClockReading>> answer;
  service->clock([&](Result<ClockReading> result) { answer = std::move(result); });
  ASSERT_TRUE(loop.run_until([&] { return answer.has_value(); }));
  EXPECT_EQ(answer->error().code, Code::unsupported);
}

TEST_F(SigningThread, an_unknown_holder_is_said_to_every_call) {
  settings.holder = "tmp";
  const auto service = start_service(settings, loop.post(), time);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(*service).error().code, Code::unsupported);
}

TEST_F(SigningThread, leaves_no_timer_behind_an_answer) {
  ASSERT_TRUE(create(settings));
  const auto service = start_service(settings, loop.post(), time);
  ASSERT_TRUE(ask(*service));
  EXPECT_EQ(time.armed(), 0u);
}

TEST_F(SigningThread, can_be_stopped_with_work_left) {
  ASSERT_TRUE(create(settings));
  auto service = start_service(settings, loop.post(), time);
  for (int i = 0; i < 1000; ++i) service->sign("input", [](Result<Bytes>) {});
  service.reset();
  EXPECT_LE(loop.size(), 1000u);
}

}  // namespace
}  // namespace vouchgate::keys
