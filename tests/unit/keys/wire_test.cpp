// The wire under a scripted TPM: what is sent again, how often, and what is let through. No clock moves.
#include "keys/tpm/wire.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "keys/tpm/recovery.hpp"

namespace vouchgate::keys::tpm {
namespace {

using std::chrono::milliseconds;

// An answer of the TPM with this code and nothing else.
Bytes answer(TSS2_RC rc) {
  Bytes out{0x80, 0x01, 0, 0, 0, 10};
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(rc >> shift));
  return out;
}

struct Script {
  std::deque<TSS2_RC> answers;  // of the TPM, one a command; when empty: success
  std::vector<Bytes> commands;
  TSS2_RC transmitting = TSS2_RC_SUCCESS, receiving = TSS2_RC_SUCCESS;  // of the line
};

class ScriptedLine : public Line {
 public:
  explicit ScriptedLine(Script& script) : script_(script) {}
  TSS2_RC transmit(ByteView command, Deadline) override {
    script_.commands.emplace_back(command.begin(), command.end());
    return script_.transmitting;
  }
  TSS2_RC receive(Bytes& out, Deadline) override {
    if (script_.receiving != TSS2_RC_SUCCESS) return script_.receiving;
    TSS2_RC rc = TSS2_RC_SUCCESS;
    if (!script_.answers.empty()) {
      rc = script_.answers.front();
      script_.answers.pop_front();
    }
    out = answer(rc);
    return TSS2_RC_SUCCESS;
  }

 private:
  Script& script_;
};

class WireTest : public ::testing::Test {
 protected:
  // As ESAPI calls it.
  TSS2_RC exchange() {
    auto* functions = reinterpret_cast<TSS2_TCTI_CONTEXT_COMMON_V1*>(wire.tcti());
    if (const TSS2_RC rc = functions->transmit(wire.tcti(), command.size(), command.data()); rc != 0) return rc;
    out.resize(largest_message);
    std::size_t size = out.size();
    const TSS2_RC rc = functions->receive(wire.tcti(), &size, out.data(), TSS2_TCTI_TIMEOUT_BLOCK);
    out.resize(rc == 0 ? size : 0);
    return rc;
  }
  milliseconds paused() const {
    milliseconds total{0};
    for (const milliseconds pause : pauses) total += pause;
    return total;
  }
  Script script;
  std::vector<milliseconds> pauses;
  Wire wire{std::make_unique<ScriptedLine>(script), std::chrono::seconds(10),
            [this](milliseconds pause) { pauses.push_back(pause); }};
  const Bytes command{0x80, 0x02, 0, 0, 0, 12, 0, 0, 1, 0x5d, 7, 7};
  Bytes out;
};

TEST_F(WireTest, a_busy_tpm_gets_the_same_bytes_again_after_pauses) {
  script.answers = {0x922, 0x90a, 0x908, 0x920};
  EXPECT_EQ(exchange(), 0u);
  EXPECT_EQ(out, answer(0));
  ASSERT_EQ(script.commands.size(), 5u);
  for (const Bytes& sent : script.commands) EXPECT_EQ(sent, command);
  EXPECT_EQ(pauses.size(), 4u);
}

TEST_F(WireTest, a_tpm_that_stays_busy_is_let_through_after_three_seconds_however_often_the_library_repeats) {
  script.answers.assign(100, 0x922);
  for (int i = 0; i < 5; ++i) {  // ESAPI submits such a command five times by itself
    EXPECT_EQ(exchange(), 0u);
    EXPECT_EQ(out, answer(0x922));
  }
  EXPECT_EQ(paused(), std::chrono::seconds(3));
  script.answers = {0, 0x922};
  EXPECT_EQ(exchange(), 0u);
  EXPECT_EQ(exchange(), 0u);
  EXPECT_EQ(out, answer(0)) << "patient again after a success";
}

TEST_F(WireTest, nothing_else_is_sent_twice) {
  for (const TSS2_RC rc : {0x98eu, 0x9a2u, 0x921u, 0x101u, 0x100u, 0x902u, 0x18bu}) {
    script.commands.clear();
    script.answers = {rc};
    EXPECT_EQ(exchange(), 0u);
    EXPECT_EQ(out, answer(rc));
    EXPECT_EQ(script.commands.size(), 1u) << std::hex << rc;
  }
  EXPECT_TRUE(pauses.empty());
}

TEST_F(WireTest, a_line_that_fails_is_not_used_again_for_the_command) {
  script.receiving = no_answer;
  EXPECT_EQ(exchange(), no_answer);
  EXPECT_EQ(script.commands.size(), 1u);
  script.transmitting = TSS2_TCTI_RC_NO_CONNECTION;
  EXPECT_EQ(exchange(), TSS2_TCTI_RC_NO_CONNECTION);
}

TEST_F(WireTest, an_answer_that_is_too_large_for_the_caller_can_be_fetched_again) {
  auto* functions = reinterpret_cast<TSS2_TCTI_CONTEXT_COMMON_V1*>(wire.tcti());
  ASSERT_EQ(functions->transmit(wire.tcti(), command.size(), command.data()), 0u);
  std::size_t size = 0;
  EXPECT_EQ(functions->receive(wire.tcti(), &size, nullptr, TSS2_TCTI_TIMEOUT_BLOCK), 0u);
  EXPECT_EQ(size, 10u);
  std::uint8_t bytes[10] = {};
  size = 4;
  EXPECT_EQ(functions->receive(wire.tcti(), &size, bytes, TSS2_TCTI_TIMEOUT_BLOCK), TSS2_TCTI_RC_INSUFFICIENT_BUFFER);
  size = sizeof bytes;
  EXPECT_EQ(functions->receive(wire.tcti(), &size, bytes, TSS2_TCTI_TIMEOUT_BLOCK), 0u);
  EXPECT_EQ(Bytes(bytes, bytes + size), answer(0));
}

}  // namespace
}  // namespace vouchgate::keys::tpm
