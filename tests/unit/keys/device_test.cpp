// A device that cannot be used is said in a sentence that an operator can act on. Needs no TPM.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "temporary_directory.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys {
namespace {

TEST(Device, without_permission_names_the_user_and_the_group) {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/tpmrm0";
  std::ofstream(path) << "";
  ::chmod(path.c_str(), 0);
  KeySettings settings;
  settings.tpm.tcti = "device:" + path;
  constexpr uid_t nobody = 65534;
  const bool root = ::geteuid() == 0;
  ASSERT_TRUE(!root || ::seteuid(nobody) == 0);
  const auto opened = open(settings);
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::denied);
  EXPECT_EQ(opened.error().line().rfind("tpm: " + path + ": permission denied for user ", 0), 0u)
      << opened.error().line();
  EXPECT_NE(opened.error().hint.find("group tss"), std::string::npos);
}

TEST(Device, that_does_not_exist_is_unavailable) {
  KeySettings settings;
  settings.tpm.tcti = "device:/dev/no-such-tpm";
  EXPECT_EQ(open(settings).error().code, Code::unavailable);
  EXPECT_EQ(open(settings).error().line(), "tpm: /dev/no-such-tpm: is not there");
}

}  // namespace
}  // namespace vouchgate::keys
