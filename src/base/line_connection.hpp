// One peer of a line server: frames what it says, queues what it is told. Never outgrows its limits, never calls the
// handler from within send().
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vouchgate/base/asio.hpp"
#include "vouchgate/base/line_server.hpp"

namespace vouchgate {

class LineConnection;
// What a connection asks of its server.
class LineOwner {
 public:
  virtual ~LineOwner() = default;
  virtual void ended(LineConnection& connection) = 0;  // called once, from the loop
};

class LineConnection : public std::enable_shared_from_this<LineConnection> {
 public:
  using Socket = asio::local::stream_protocol::socket;
  LineConnection(Socket socket, std::uint64_t id, std::uint32_t uid, const LineServerSettings& settings,
                 LineHandler& handler, LineOwner& owner);

  std::uint64_t id() const { return id_; }
  void start() { read(); }
  void send(std::string_view line);
  void owe(std::size_t bytes);
  void settle();
  void finish();   // reads no more lines, closes when the output is out
  void mute();     // reads no more
  void abandon();  // the server goes: closes now, calls nobody

 private:
  void read();
  void on_read(const boost::system::error_code& error, std::size_t size);
  void make_room();
  void take_lines();
  void take_line(std::string_view line);
  void lose_framing(const char* reason);
  bool held() const { return muted_ || paused_ || unread_; }
  void resume();
  void schedule_flush();
  void flush();
  void peer_stopped_writing();
  void end_when_done();
  void linger();
  void overflow();
  void end();

  Socket socket_;
  asio::steady_timer linger_timer_;
  const std::uint64_t id_;
  const std::uint32_t uid_;
  const LineServerSettings& settings_;
  LineHandler* handler_;  // null once ended or abandoned
  LineOwner* owner_;

  std::vector<char> input_;
  std::size_t begin_ = 0, scanned_ = 0, filled_ = 0;  // of input_: first unread byte, no newline before, end
  std::string output_, sending_;
  std::deque<std::size_t> owed_;
  std::size_t owed_bytes_ = 0;
  bool reading_ = false, writing_ = false, flush_posted_ = false, resume_posted_ = false;
  bool paused_ = false, muted_ = false;
  bool unread_ = false;     // lines of the peer are thrown away: finish() was called
  bool peer_done_ = false;  // the peer shut down its writing side
  bool shut_ = false;       // we shut down ours
};

}  // namespace vouchgate
