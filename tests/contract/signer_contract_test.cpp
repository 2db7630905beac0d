// One suite for every key holder: what contract/signer.hpp promises holds for file and tpm alike.
#include <gtest/gtest.h>

#include "keys/crypto.hpp"
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
  SignerContract() {
    settings.holder = GetParam().holder;
    settings.algorithm = GetParam().algorithm;
    settings.tpm.tcti = swtpm.tcti();
    settings.tpm.key_file = swtpm.directory() + "/keys/key.tss2.pem";
    settings.file.path = swtpm.directory() + "/keys/key.pem";
  }
  test::Swtpm swtpm;
  KeySettings settings;
};

TEST_P(SignerContract, signatures_verify_under_the_published_key_and_have_the_jws_size) {
  auto signer = create(settings);
  ASSERT_TRUE(signer) << signer.error().text();
  const KeyInfo& info = (*signer)->info();
  EXPECT_EQ(word(info.algorithm), settings.algorithm);
  EXPECT_EQ(info.holder, settings.holder);
  const std::size_t size = settings.algorithm == "ES256" ? 64 : settings.algorithm == "ES384" ? 96 : 256;
  for (int i = 0; i < 200; ++i) {
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

TEST_P(SignerContract, remove_makes_room_for_a_new_key) {
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

TEST_P(SignerContract, a_key_of_another_algorithm_is_a_mismatch) {
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

INSTANTIATE_TEST_SUITE_P(file, SignerContract,
                         ::testing::Values(Case{"file", "ES256"}, Case{"file", "ES384"}, Case{"file", "RS256"},
                                           Case{"file", "PS256"}),
                         algorithm_word);
INSTANTIATE_TEST_SUITE_P(tpm, SignerContract,
                         ::testing::Values(Case{"tpm", "ES256"}, Case{"tpm", "ES384"}, Case{"tpm", "RS256"},
                                           Case{"tpm", "PS256"}),
                         algorithm_word);

}  // namespace
}  // namespace vouchgate::keys
