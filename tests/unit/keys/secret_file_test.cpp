// Secrets on disk: private, whole or absent.
#include "keys/secret_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "temporary_directory.hpp"

namespace vouchgate::keys {
namespace {

class SecretFile : public ::testing::Test {
 protected:
  support::TemporaryDirectory directory;
  std::string path = directory.path() + "/new/key";
};

TEST_F(SecretFile, is_written_private_with_its_directory_and_read_back) {
  ASSERT_TRUE(write_file("key", path, "secret"));
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((directory.path() + "/new").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  EXPECT_EQ(*read_file("key", path), "secret");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_F(SecretFile, others_may_not_read_it) {
  ASSERT_TRUE(write_file("key", path, "secret"));
  for (const mode_t mode : {0640, 0604, 0620}) {
    ::chmod(path.c_str(), mode);
    const auto refused = read_file("key", path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::denied);
    EXPECT_EQ(refused.error().hint, "chmod 0600 " + path);
  }
}

TEST_F(SecretFile, what_is_no_readable_file_has_a_kind) {
  EXPECT_EQ(read_file("key", path).error().code, Code::not_found);
  EXPECT_EQ(read_file("key", directory.path()).error().code, Code::invalid);
  ASSERT_TRUE(write_file("key", path, std::string(64 * 1024 + 1, 'x')));
  EXPECT_EQ(read_file("key", path).error().code, Code::too_large);
}

TEST_F(SecretFile, a_leftover_of_a_crash_is_no_obstacle_and_a_symlink_is_not_followed) {
  ASSERT_TRUE(write_file("key", path, "one"));
  std::ofstream(directory.path() + "/victim") << "untouched";
  std::filesystem::create_symlink(directory.path() + "/victim", path + ".new");
  ASSERT_TRUE(write_file("key", path, "two"));
  EXPECT_EQ(*read_file("key", path), "two");
  std::ifstream victim(directory.path() + "/victim");
  std::string text;
  victim >> text;
  EXPECT_EQ(text, "untouched");
}

}  // namespace
}  // namespace vouchgate::keys
