// 'vouchgate spool' against a daemon that answers by the book: what it asks for, what it prints, how it ends.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "cli/commands.hpp"
#include "temporary_directory.hpp"

namespace vouchgate::cli {
namespace {

// Takes one connection and answers each line of it; the connection's end ends it.
class ScriptedDaemon {
 public:
  using Answer = std::function<std::string(const nlohmann::json&)>;
  ScriptedDaemon(const std::string& path, Answer answer)
      : listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), answer_(std::move(answer)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listening_, 1), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedDaemon() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }
  ScriptedDaemon(const ScriptedDaemon&) = delete;
  ScriptedDaemon& operator=(const ScriptedDaemon&) = delete;

 private:
  void serve() {
    const int peer = ::accept(listening_, nullptr, nullptr);
    std::string input;
    char byte = 0;
    while (peer >= 0 && ::read(peer, &byte, 1) == 1) {
      if (byte != '\n') {
        input += byte;
        continue;
      }
      const std::string line = answer_(nlohmann::json::parse(std::exchange(input, {}))) + "\n";
      if (::send(peer, line.data(), line.size(), MSG_NOSIGNAL) < 0) break;
    }
    if (peer >= 0) ::close(peer);
  }
  int listening_;
  Answer answer_;
  std::thread thread_;
};

struct Ended {
  int code = 0;
  std::string out, error;
};

class SpoolCommands : public ::testing::Test {
 protected:
  SpoolCommands() {
    std::ofstream(config) << "cloud:\n  endpoints: [mqtts://localhost:8883]\n  iot_core: {project: demo, region: r, "
                             "registry: demo, gateway: gw-1}\ncontrol: {path: "
                          << socket << "}\n";
  }
  Ended run(std::vector<std::string> words, const ScriptedDaemon::Answer& answer) {
    words.insert(words.begin(), {"vouchgate", "--config", config, "spool"});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::unlink(socket.c_str());
    Ended ended;
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    {
      const ScriptedDaemon daemon(socket, answer);
      ended.code = command_line(static_cast<int>(words.size()), argv.data());
    }
    ended.out = ::testing::internal::GetCapturedStdout();
    ended.error = ::testing::internal::GetCapturedStderr();
    return ended;
  }
  support::TemporaryDirectory directory;
  std::string config = directory.path() + "/gateway.yaml", socket = directory.path() + "/control.sock";
};

// 1 to 5 lie in quarantine, two a page; 2 is damaged and 4 is of another device.
std::string quarantine(const nlohmann::json& request) {
  const std::string op = request.at("op");
  if (op == "spool-list") {
    nlohmann::json page = {{"op", op}, {"messages", nlohmann::json::array()}};
    for (int seq = std::stoi(request.at("after").get<std::string>()) + 1; seq <= 5; ++seq)
      if (page["messages"].size() < 2)
        page["messages"].push_back({{"seq", seq},
                                    {"device", seq == 4 ? "pump-2" : "pump-1"},
                                    {"kind", "event"},
                                    {"subfolder", "temp"},
                                    {"size", 7},
                                    {"reason", "ended the session"},
                                    {"since_ms", 60000}});
    return page.dump();
  }
  if (request.at("seq") == "2")
    return R"({"op":"error","code":"mismatch","message":"spool: 2: the record is damaged and cannot be sent"})";
  if (request.at("seq") == "9") return R"({"op":"error","code":"not-found","message":"spool: 9: not in quarantine"})";
  return nlohmann::json{{"op", op}, {"data_b64", "AAE="}, {"seq", 1}}.dump();
}

TEST_F(SpoolCommands, the_list_goes_through_all_pages_and_can_be_of_one_device) {
  const Ended all = run({"list"}, quarantine);
  EXPECT_EQ(all.code, 0) << all.error;
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 5);
  EXPECT_EQ(all.out.find("1  pump-1  event/temp  7 bytes  since 1970-01-01T00:01:00Z  ended the session\n"), 0u);
  EXPECT_EQ(nlohmann::json::parse(run({"list", "--device", "pump-2", "--json"}, quarantine).out).size(), 1u);
}

TEST_F(SpoolCommands, a_damaged_message_does_not_keep_the_others_in_quarantine) {
  const Ended ended = run({"retry", "--all", "--device", "pump-1"}, quarantine);
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.out, "1: back in its queue\n3: back in its queue\n5: back in its queue\n");
  EXPECT_NE(ended.error.find("2: the record is damaged"), std::string::npos);
  EXPECT_NE(ended.error.find("1 of 4 were left as they are"), std::string::npos);
  EXPECT_EQ(run({"retry", "9"}, quarantine).code, 1);
}

TEST_F(SpoolCommands, nothing_is_discarded_without_yes) {
  const Ended asked = run({"discard", "1"}, quarantine);
  EXPECT_EQ(asked.code, 1);
  EXPECT_EQ(asked.out, "");
  EXPECT_NE(asked.error.find("--yes"), std::string::npos);
  EXPECT_EQ(run({"discard", "1", "--yes"}, quarantine).out, "1: discarded\n");
}

TEST_F(SpoolCommands, bytes_that_are_no_text_are_shown_in_base64) {
  EXPECT_NE(run({"show", "1"}, quarantine).out.find("(base64) AAE=\n"), std::string::npos);
}

TEST_F(SpoolCommands, wrong_usage_is_two) {
  EXPECT_EQ(run({"retry"}, quarantine).code, 2);
  EXPECT_EQ(run({"retry", "x"}, quarantine).code, 2);
  EXPECT_EQ(run({"show"}, quarantine).code, 2);
  EXPECT_EQ(run({"retry", "1", "--all"}, quarantine).code, 2);
  EXPECT_EQ(run({"retry", "1", "--device", "pump-1"}, quarantine).code, 2);
}

TEST_F(SpoolCommands, an_audit_that_does_not_add_up_is_a_failure_with_a_sentence) {
  const auto books = [](bool adds_up) {
    return [adds_up](const nlohmann::json&) {
      nlohmann::json line = {{"ledger", {{"stored", 3}, {"delivered", 1}, {"pending", 2}}},
                             {"found", {{"pending", adds_up ? 2 : 1}, {"quarantined", 0}}},
                             {"bytes", 128},
                             {"bytes_found", adds_up ? 128 : 64},
                             {"adds_up", adds_up}};
      nlohmann::json answer = {{"op", "spool-audit"}, {"total", line}, {"adds_up", adds_up}};
      line["device"] = "pump-1";
      answer["devices"] = nlohmann::json::array({line});
      return answer.dump();
    };
  };
  const Ended good = run({"audit"}, books(true));
  EXPECT_EQ(good.code, 0);
  EXPECT_NE(good.out.find("pump-1: stored 3 = delivered 1 + pending 2"), std::string::npos);
  EXPECT_NE(good.out.find("total: stored 3 = "), std::string::npos);
  const Ended bad = run({"audit", "--json"}, books(false));
  EXPECT_EQ(bad.code, 1);
  EXPECT_FALSE(nlohmann::json::parse(bad.out).at("adds_up").get<bool>());
  EXPECT_NE(bad.error.find("does not add up"), std::string::npos);
}

}  // namespace
}  // namespace vouchgate::cli
