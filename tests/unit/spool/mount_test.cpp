// The spool on a real file system that is too small or read-only. Never mounts outside its temporary directory.
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "spool_fixture.hpp"

namespace vouchgate {
namespace {

using support::event;
using support::sum;

// A file system of its own; needs the rights to mount one.
class SpoolMount : public support::SpoolFixture {
 protected:
  ~SpoolMount() override {
    spool.reset();
    if (mounted_) ::umount2(settings.path.c_str(), MNT_DETACH);
  }
  bool mount(const char* size) {
    settings.min_free = 0;
    std::filesystem::create_directory(settings.path);
    mounted_ = ::mount("none", settings.path.c_str(), "tmpfs", 0, size) == 0;
    return mounted_;
  }
  bool mount_image() {
    settings.min_free = 0;
    std::filesystem::create_directory(settings.path);
    std::ofstream(image()).close();
    std::filesystem::resize_file(image(), 48 << 20);
    mounted_ = run("mkfs.ext4 -q " + image()) == 0 && run("mount -o loop " + image() + " " + settings.path) == 0;
    return mounted_;
  }
  std::string image() const { return directory.path() + "/image"; }
  static int run(const std::string& command) { return std::system((command + " 2>/dev/null").c_str()); }
  bool becomes(SpoolState state) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (spool->usage().state != state && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return spool->usage().state == state;
  }
  // Until the disk refuses; the answers' errors count, too.
  std::vector<Seq> fill(std::size_t payload) {
    std::vector<Seq> stored;
    for (int i = 0; i < 20000; ++i) {
      const auto seq = user->append(event("pump-1", std::string(payload, 'x')));
      if (!seq) {
        EXPECT_EQ(seq.error().code, Code::full) << seq.error().text();
        break;
      }
      stored.push_back(*seq);
    }
    return stored;
  }
  std::string ballast() const { return settings.path + "/others"; }
  void others_take_all() const {
    std::ofstream file(ballast(), std::ios::binary);
    for (const std::string block(4096, 'z'); file.write(block.data(), 4096).flush();) {}
  }

 private:
  bool mounted_ = false;
};

TEST_F(SpoolMount, AFullDiskIsToldAndEndsWithTheBacklogAlone) {
  if (!mount("size=24m")) GTEST_SKIP() << "cannot mount a tmpfs: " << std::strerror(errno);
  settings.commit_interval = Duration(0);
  settings.min_free = 12 << 20;
  open();
  const std::vector<Seq> stored = fill(30'000);
  ASSERT_GT(stored.size(), 100u);
  EXPECT_TRUE(becomes(SpoolState::disk_full));
  EXPECT_FALSE(user->seqs("pump-1").empty()) << "what was stored can be read from a full disk";
  spool->forget(stored);
  EXPECT_TRUE(becomes(SpoolState::ok));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (spool->usage().total.delivered < stored.size() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(spool->usage().total.delivered, stored.size());
  const std::vector<Seq> again = fill(30'000);
  EXPECT_GT(again.size(), stored.size() / 2);
  open();
  EXPECT_EQ(user->settled().total.pending, again.size());
  EXPECT_EQ(spool->set_aside(), "");
}

// What the kernel does to a file system in trouble, ext4(5) "abort": files that are open for writing stay open and
// refuse. Unmounted and mounted again, as an operator would, it works again, and so does the daemon that ran meanwhile.
TEST_F(SpoolMount, AFileSystemThatBecomesReadOnlyIsToldAndEndsWithoutARestart) {
  if (!mount_image()) GTEST_SKIP() << "cannot mount an ext4 image";
  open();
  ASSERT_TRUE(user->append(event("pump-1", "before")));
  ASSERT_EQ(run("mount -o remount,abort " + settings.path), 0);
  for (int i = 0; i < 3; ++i) {
    const auto refused = user->append(event("pump-1", "x"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::denied) << refused.error().text();
  }
  EXPECT_TRUE(becomes(SpoolState::read_only));
  EXPECT_EQ(user->seqs("pump-1").size(), 1u) << "what is stored can be read and sent";
  ASSERT_EQ(run("umount -l " + settings.path), 0);
  // From a copy: the same image would be the same file system, which lives as long as its files are open.
  ASSERT_EQ(run("cp " + image() + " " + image() + "2"), 0);
  ASSERT_EQ(run("mount -o loop " + image() + "2 " + settings.path), 0);
  EXPECT_TRUE(becomes(SpoolState::ok));
  const auto after = user->append(event("pump-1", "after"));
  EXPECT_TRUE(after) << after.error().text();
  EXPECT_EQ(user->seqs("pump-1").size(), 2u);
  EXPECT_EQ(spool->usage().total.pending, 2u);
}

TEST_F(SpoolMount, SpaceThatOthersGiveBackEndsTheStateWithoutTraffic) {
  if (!mount("size=24m")) GTEST_SKIP() << "cannot mount a tmpfs: " << std::strerror(errno);
  open();
  ASSERT_TRUE(user->append(event("pump-1", "before")));
  others_take_all();
  EXPECT_FALSE(fill(100'000).empty() && spool->usage().state == SpoolState::ok);
  EXPECT_TRUE(becomes(SpoolState::disk_full));
  EXPECT_FALSE(user->append(event("pump-1", std::string(100'000, 'x'))));
  std::filesystem::remove(ballast());
  EXPECT_TRUE(becomes(SpoolState::ok));
  EXPECT_TRUE(user->append(event("pump-1", std::string(100'000, 'x'))));
}

}  // namespace
}  // namespace vouchgate
