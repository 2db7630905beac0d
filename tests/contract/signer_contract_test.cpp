// One suite for every key holder: what contract/signer.hpp promises holds for file, tpm and atecc608 alike; what only
// holders promise that can forget a key stands apart.
#include <gtest/gtest.h>

#include <optional>

#include "keys/crypto.hpp"
#include "simulated_chip.hpp"
#include "swtpm.hpp"
#include "virtual_time.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys {
namespace {

struct Case {
  const char* holder;
  const char* algorithm;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.holder << " " << c.algorithm; }

class SignerContract : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    settings.holder = GetParam().holder;
    settings.algorithm = GetParam().algorithm;
    if (settings.holder == "atecc608") {
      if (!test::SimulatedChip::possible()) GTEST_SKIP() << "the simulated chip mounts a file: root and /dev/fuse";
      chip.emplace("jwt-1");
      settings.atecc608.bus = chip->bus();
      return;
    }
    swtpm.emplace();
    settings.tpm.tcti = swtpm->tcti();
    settings.tpm.key_file = swtpm->directory() + "/keys/key.tss2.pem";
    settings.file.path = swtpm->directory() + "/keys/key.pem";
  }
  // A signature of the chip takes 60 ms of real time.
  int enough() const { return chip ? 20 : 200; }

  std::optional<test::Swtpm> swtpm;
  std::optional<test::SimulatedChip> chip;
  KeySettings settings;
};
// Holders whose key can be taken away, and that make keys for several algorithms.
class ForgetfulSignerContract : public SignerContract {};

TEST_P(SignerContract, signatures_verify_under_the_published_key_and_have_the_jws_size) {
  auto signer = create(settings);
  ASSERT_TRUE(signer) << signer.error().text();
  const KeyInfo& info = (*signer)->info();
  EXPECT_EQ(word(info.algorithm), settings.algorithm);
  EXPECT_EQ(info.holder, settings.holder);
  const std::size_t size = settings.algorithm == "ES256" ? 64 : settings.algorithm == "ES384" ? 96 : 256;
  for (int i = 0; i < enough(); ++i) {
    const std::string input = "message " + std::to_string(i);
    const auto signature = (*signer)->sign(view(input));
    ASSERT_TRUE(signature) << signature.error().text();
    EXPECT_EQ(signature->size(), size);
    EXPECT_TRUE(verifies(info.algorithm, info.public_key_der, view(input), *signature));
    EXPECT_FALSE(verifies(info.algorithm, info.public_key_der, view(input + "x"), *signature));
  }
}

TEST_P(SignerContract, the_key_is_the_same_after_reopening) {
  auto first = create(settings);
  ASSERT_TRUE(first) << first.error().text();
  const KeyInfo before = (*first)->info();
  first->reset();
  const auto again = open(settings);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ((*again)->info().public_key_der, before.public_key_der);
  EXPECT_EQ((*again)->info().name, before.name);
}

TEST_P(SignerContract, before_create_there_is_no_key) {
  const auto opened = open(settings);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::not_found);
  EXPECT_NE(opened.error().hint.find("key create"), std::string::npos);
}

TEST_P(SignerContract, create_never_replaces_a_key) {
  auto first = create(settings);
  ASSERT_TRUE(first);
  const Bytes before = (*first)->info().public_key_der;
  first->reset();
  const auto second = create(settings);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::mismatch);
  EXPECT_EQ((*open(settings))->info().public_key_der, before);
}

TEST_P(ForgetfulSignerContract, remove_makes_room_for_a_new_key) {
  auto first = create(settings);
  ASSERT_TRUE(first);
  const Bytes before = (*first)->info().public_key_der;
  first->reset();
  ASSERT_TRUE(remove(settings));
  EXPECT_EQ(open(settings).error().code, Code::not_found);
  const auto second = create(settings);
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_NE((*second)->info().public_key_der, before);
}

TEST_P(ForgetfulSignerContract, a_key_of_another_algorithm_is_a_mismatch) {
  ASSERT_TRUE(create(settings));
  settings.algorithm = settings.algorithm.starts_with("ES") ? "RS256" : "ES256";
  const auto opened = open(settings);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::mismatch);
}

TEST_P(SignerContract, the_service_signs_on_its_thread_and_answers_on_the_loop) {
  ASSERT_TRUE(create(settings));
  support::ManualPost loop;
  support::VirtualTime time;
  const auto service = start_service(settings, loop.post(), time);
  std::vector<int> order;
  for (int i = 0; i < 5; ++i)
    service->sign("input", [&, i](Result<Bytes> signature) {
      if (signature) order.push_back(i);
    });
  ASSERT_TRUE(loop.run_until([&] { return order.size() == 5; }));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  ASSERT_TRUE(service->info());
  EXPECT_EQ(word(service->info()->algorithm), settings.algorithm);
}

std::string algorithm_word(const ::testing::TestParamInfo<Case>& instance) { return instance.param.algorithm; }

const auto files =
    ::testing::Values(Case{"file", "ES256"}, Case{"file", "ES384"}, Case{"file", "RS256"}, Case{"file", "PS256"});
const auto tpms =
    ::testing::Values(Case{"tpm", "ES256"}, Case{"tpm", "ES384"}, Case{"tpm", "RS256"}, Case{"tpm", "PS256"});
INSTANTIATE_TEST_SUITE_P(file, SignerContract, files, algorithm_word);
INSTANTIATE_TEST_SUITE_P(file, ForgetfulSignerContract, files, algorithm_word);
INSTANTIATE_TEST_SUITE_P(tpm, SignerContract, tpms, algorithm_word);
INSTANTIATE_TEST_SUITE_P(tpm, ForgetfulSignerContract, tpms, algorithm_word);
INSTANTIATE_TEST_SUITE_P(atecc608, SignerContract, ::testing::Values(Case{"atecc608", "ES256"}), algorithm_word);

}  // namespace
}  // namespace vouchgate::keys
