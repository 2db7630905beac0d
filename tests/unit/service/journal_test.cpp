// The journal sink's fields, and when it is chosen. Never writes to a journal.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "service/journal_fields.hpp"
#include "vouchgate/service/service.hpp"

namespace vouchgate::service {
namespace {

TEST(JournalFields, CarryMessagePriorityIdentifierAndEveryField) {
  const auto& event = events::describe(events::Id::child_held_off);
  const log::Line line{event, "child held off: pump-7", {{"device", "pump-7"}, {"next_try", "4 min"}}};
  const std::vector<std::string> expected = {"MESSAGE=child held off: pump-7", "PRIORITY=4",
                                             "MESSAGE_ID=" + std::string(event.message_id), "VOUCHGATE_DEVICE=pump-7",
                                             "VOUCHGATE_NEXT_TRY=4 min"};
  EXPECT_EQ(journal_fields(line), expected);
}

TEST(JournalFields, KeepLineBreaksInsideTheirValue) {
  const log::Line line{events::describe(events::Id::daemon_failed), "a\nPRIORITY=0", {{"error", "a\nPRIORITY=0"}}};
  const auto fields = journal_fields(line);
  ASSERT_EQ(fields.size(), 4u);
  EXPECT_EQ(fields[0], "MESSAGE=a\nPRIORITY=0");
  EXPECT_EQ(fields[1], "PRIORITY=3");
}

class JournalStream : public ::testing::Test {
 protected:
  ~JournalStream() override { ::unsetenv("JOURNAL_STREAM"); }
  static std::string of_stderr() {
    struct stat about {};
    EXPECT_EQ(::fstat(STDERR_FILENO, &about), 0);
    return std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
  }
};

TEST_F(JournalStream, IsTheSinkOnlyWhenStderrIsThatStream) {
  ::setenv("JOURNAL_STREAM", of_stderr().c_str(), 1);
  EXPECT_NE(journal_sink(), nullptr);
  ::setenv("JOURNAL_STREAM", (of_stderr() + "0").c_str(), 1);
  EXPECT_EQ(journal_sink(), nullptr);
  ::setenv("JOURNAL_STREAM", "", 1);
  EXPECT_EQ(journal_sink(), nullptr);
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_EQ(journal_sink(), nullptr);
}

}  // namespace
}  // namespace vouchgate::service
