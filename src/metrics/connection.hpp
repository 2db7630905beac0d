// One HTTP connection: one request, one answer or an endless one, then its end. Every step has a deadline.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <optional>
#include <string>

#include "vouchgate/base/asio.hpp"
#include "vouchgate/contract/clock.hpp"

namespace vouchgate::metrics {

using Tcp = asio::ip::tcp;
using Text = std::shared_ptr<const std::string>;

struct Limits {
  std::size_t connections = 16, listeners = 8;
  std::size_t request_bytes = 8192;
  Duration request_time = std::chrono::seconds(5);  // from the accept to the end of the request
  Duration answer_time = std::chrono::seconds(10);  // for a reader to take an answer, or one turn of /events
  Duration linger_time = std::chrono::seconds(2);   // for a peer to close after its answer
};

class Connection;

// What a connection needs of its server.
class Host {
 public:
  virtual ~Host() = default;
  // The answer's text; nothing: the connection became a listener and is given its turns by send().
  virtual std::optional<Text> asked(Connection& connection, std::string_view method, std::string_view target,
                                    std::string_view host) = 0;
  virtual void ended(Connection& connection) = 0;  // once, unless abandon() came first
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Tcp::socket socket, Host& host, const Limits& limits);
  void start();
  // It has nothing that it waits for but its peer's goodwill: no answer is under way.
  bool expendable() const { return phase_ == Phase::request || phase_ == Phase::lingering; }
  bool listening() const { return phase_ == Phase::listening; }
  void listen(const std::string& head);  // from within Host::asked
  // To a listener; left out while the last one is still under way, for each tells everything.
  void send(Text text);
  void abandon();  // closes; the host hears nothing any more

 private:
  enum class Phase { request, answering, listening, lingering };
  using ErrorCode = boost::system::error_code;
  void on_request(const ErrorCode& error);
  void answer(Text text);
  void write(Text text);
  void on_written(const ErrorCode& error);
  void linger();
  void end();

  boost::beast::tcp_stream stream_;
  Host* host_;
  const Limits& limits_;
  boost::beast::flat_buffer buffer_;
  boost::beast::http::request_parser<boost::beast::http::empty_body> parser_;
  Phase phase_ = Phase::request;
  Text writing_;  // kept until it is written
};

}  // namespace vouchgate::metrics
