// A Unix stream socket whose peers speak in lines: accepts, frames, bounds and paces. Never knows what a line means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "vouchgate/base/result.hpp"

namespace boost::asio {
class io_context;
}

namespace vouchgate {

struct LineServerSettings {
  std::string context;  // who speaks in errors and log lines: "ingress"
  std::string path;
  std::uint32_t mode = 0660;
  std::uint32_t max_connections = 1024;
  std::string busy_line;          // the only line for a peer beyond max_connections
  std::uint64_t first_id = 1;     // servers that share a user of ids start apart
  std::size_t max_line = 524288;  // bytes, without the newline
  // What a peer that does not read may keep waiting in memory, bytes; beyond it is disconnected.
  std::size_t max_output = std::size_t{4} << 20;
  // A connection is not read while it is owed more than this, until it is owed less than half.
  std::size_t max_owed_bytes = std::size_t{1} << 20;
  std::size_t max_owed_answers = 1000;
};

// Called on the loop. May call every function of the server, but not destroy it.
class LineHandler {
 public:
  virtual ~LineHandler() = default;
  virtual void opened(std::uint64_t id, std::uint32_t peer_uid) = 0;
  // UTF-8 without NUL and newline, at most max_line bytes; valid until the call returns. Empty lines are skipped.
  virtual void line(std::uint64_t id, std::string_view line) = 0;
  // Framing is lost: what is sent during this call is the last; the connection closes afterwards.
  virtual void unframed(std::uint64_t id, const Error& error) = 0;
  // Once for every opened(), never from within a call of the server except its destructor.
  virtual void closed(std::uint64_t id) = 0;
};

// Loop thread only. Ids are never reused; calls that name an id which is gone do nothing.
class LineServer {
 public:
  // `inherited_fd` >= 0: a listening socket that belongs to someone else's file, used instead of binding `path`.
  // Errors: invalid (path too long, not a socket), not_found (no such directory), denied, busy (a live process
  // answers).
  static Result<std::unique_ptr<LineServer>> listen(boost::asio::io_context& loop, LineServerSettings settings,
                                                    LineHandler& handler, int inherited_fd = -1);
  virtual ~LineServer() = default;  // closes every connection and removes the socket it made

  // The newline is added. Lines sent in one turn of the loop leave in one write.
  virtual void send(std::uint64_t id, std::string_view line) = 0;
  // An answer to `bytes` of input is due; settle() when it was given. A peer that shut down its writing side is kept
  // until nothing is owed.
  virtual void owe(std::uint64_t id, std::size_t bytes) = 0;
  virtual void settle(std::uint64_t id) = 0;
  // Sends what is queued (two seconds at most), then closes.
  virtual void close(std::uint64_t id) = 0;
  // No new connection and no new line; what is sent still goes out. Removes the socket it made.
  virtual void stop_accepting() = 0;
};

}  // namespace vouchgate
