// The file holder's own rules; what it shares with the TPM is in tests/contract.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "temporary_directory.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys {
namespace {

class FileHolder : public ::testing::Test {
 protected:
  FileHolder() {
    settings.holder = "file";
    settings.file.path = directory.path() + "/key.pem";
  }
  bool shell(const std::string& command) { return std::system((command + " 2>&1").c_str()) == 0; }
  support::TemporaryDirectory directory;
  KeySettings settings;
};

TEST_F(FileHolder, refuses_a_file_that_others_can_read) {
  ASSERT_TRUE(create(settings));
  ::chmod(settings.file.path.c_str(), 0644);
  const auto opened = open(settings);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::denied);
  EXPECT_NE(opened.error().hint.find("chmod"), std::string::npos);
}

TEST_F(FileHolder, opens_sec1_keys_made_by_openssl) {
  ASSERT_TRUE(shell("umask 077; openssl ecparam -name prime256v1 -genkey -noout -out " + settings.file.path));
  const auto opened = open(settings);
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ((*opened)->sign(view("input"))->size(), 64u);
}

TEST_F(FileHolder, weak_wrong_and_encrypted_keys_are_refused) {
  settings.algorithm = "RS256";
  ASSERT_TRUE(shell("umask 077; openssl genrsa -out " + settings.file.path + " 1024"));
  EXPECT_EQ(open(settings).error().code, Code::mismatch);
  ASSERT_TRUE(shell("umask 077; openssl ecparam -name secp384r1 -genkey -noout -out " + settings.file.path));
  settings.algorithm = "ES256";
  EXPECT_EQ(open(settings).error().code, Code::mismatch);
  ASSERT_TRUE(
      shell("umask 077; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes128 -pass pass:x -out " +
            settings.file.path));
  EXPECT_EQ(open(settings).error().code, Code::corrupt) << "and nobody is asked for a passphrase";
}

TEST_F(FileHolder, unknown_words_name_the_known_ones) {
  settings.holder = "usb";
  EXPECT_EQ(open(settings).error().hint, "one of tpm, atecc608, file");
  settings.holder = "file";
  settings.algorithm = "HS256";
  EXPECT_EQ(create(settings).error().code, Code::unsupported);
}

}  // namespace
}  // namespace vouchgate::keys
