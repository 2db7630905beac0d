// --fix as root against a user who lays links in its way. Run by anybody: what others may write counts as theirs.
#include "cli/check/repair.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/check/places.hpp"
#include "temporary_directory.hpp"

namespace vouchgate::cli::check {
namespace {

namespace fs = std::filesystem;

class RepairTest : public ::testing::Test {
 protected:
  RepairTest() {
    fs::create_directories(theirs);
    fs::create_directories(root + "/victim/spool");
    fs::permissions(theirs, fs::perms::all);  // anybody may put a link there
    ::chmod((root + "/victim/spool").c_str(), 0700);
    std::ofstream(root + "/victim/shadow") << "x";
    ::chmod((root + "/victim/shadow").c_str(), 0600);
  }
  static mode_t mode_of(const std::string& path) {
    struct stat seen {};
    return ::lstat(path.c_str(), &seen) == 0 ? seen.st_mode & 07777 : 0;
  }
  static Result<void> set_mode(const std::string& path) { return mend({Repair::Kind::set_mode, path, {}, {}, 0755}); }

  support::TemporaryDirectory directory;
  const std::string root = directory.path();
  const std::string theirs = root + "/theirs";
};

TEST_F(RepairTest, a_way_through_somebody_elses_link_is_not_taken) {
  fs::create_directory_symlink(root + "/victim", theirs + "/data");
  const auto done = set_mode(theirs + "/data/spool");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::denied);
  EXPECT_FALSE(done.error().hint.empty());
  EXPECT_EQ(mode_of(root + "/victim/spool"), 0700u);
  EXPECT_FALSE(mend({Repair::Kind::make_directory, theirs + "/data/new/spool", "root", {}, 0700}));
  EXPECT_FALSE(fs::exists(root + "/victim/new"));
}

TEST_F(RepairTest, the_last_name_is_not_followed_either) {
  fs::create_symlink(root + "/victim/shadow", theirs + "/key.pem");
  EXPECT_FALSE(set_mode(theirs + "/key.pem"));
  EXPECT_EQ(mode_of(root + "/victim/shadow"), 0600u);
}

TEST_F(RepairTest, a_file_with_another_name_is_not_given_away) {
  fs::create_hard_link(root + "/victim/shadow", theirs + "/key.pem");
  const auto done = mend({Repair::Kind::set_owner, theirs + "/key.pem", "nobody", {}, 0});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "it is a link");
}

TEST_F(RepairTest, a_link_of_our_own_is_followed) {
  fs::create_directories(root + "/disk/spool");
  fs::create_directory_symlink("disk", root + "/data");
  ASSERT_TRUE(set_mode(root + "/data/spool"));
  EXPECT_EQ(mode_of(root + "/disk/spool"), 0755u);
  const std::string me = user_name(::geteuid());
  ASSERT_TRUE(mend({Repair::Kind::make_directory, root + "/data/deep/er/spool", me, {}, 0700}));
  EXPECT_EQ(mode_of(root + "/disk/deep/er/spool"), 0700u);
}

}  // namespace
}  // namespace vouchgate::cli::check
