// Reads one request with Boost.Beast's parser and writes what the host answers. Never queues a second text.
#include "connection.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <utility>

#include "http.hpp"

namespace vouchgate::metrics {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t most_lingering = 65536;  // bytes that a peer may still send after its answer

// The status that a request which cannot be read deserves; 0: there is nobody to tell.
unsigned status_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::unexpected_body || error == http::error::body_limit) return 413;
  const boost::system::error_code parser = http::error::bad_method;
  const bool gone = error == http::error::end_of_stream || error == http::error::partial_message;
  return error.category() == parser.category() && !gone ? 400 : 0;
}

}  // namespace

Connection::Connection(Tcp::socket socket, Host& host, const Limits& limits)
    : stream_(std::move(socket)), host_(&host), limits_(limits), buffer_(limits.request_bytes) {
  parser_.header_limit(static_cast<std::uint32_t>(limits.request_bytes));
}

void Connection::start() {
  stream_.expires_after(limits_.request_time);
  http::async_read(stream_, buffer_, parser_,
                   [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->on_request(error); });
}

void Connection::on_request(const ErrorCode& error) {
  if (host_ == nullptr) return;
  if (error) {
    const unsigned status = status_of(error);
    return status == 0 ? end() : answer(std::make_shared<const std::string>(refusal(status)));
  }
  const auto& request = parser_.get();
  const auto text = [](auto view) { return std::string_view(view.data(), view.size()); };
  auto answered =
      host_->asked(*this, text(request.method_string()), text(request.target()), text(request[http::field::host]));
  if (answered) answer(std::move(*answered));
}

void Connection::listen(const std::string& head) {
  phase_ = Phase::listening;
  write(std::make_shared<const std::string>(head));
}

void Connection::send(Text text) {
  if (!writing_) write(std::move(text));
}

void Connection::answer(Text text) {
  phase_ = Phase::answering;
  write(std::move(text));
}

void Connection::write(Text text) {
  writing_ = std::move(text);
  stream_.expires_after(limits_.answer_time);
  asio::async_write(stream_, asio::buffer(*writing_),
                    [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->on_written(error); });
}

void Connection::on_written(const ErrorCode& error) {
  writing_.reset();
  if (host_ == nullptr) return;
  if (error) return end();
  if (phase_ == Phase::listening) return;
  // A close while input is unread would be a reset, which can take the answer away from its reader (RFC 9112, 9.6).
  ErrorCode ignored;
  stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
  phase_ = Phase::lingering;
  stream_.expires_after(limits_.linger_time);
  buffer_ = boost::beast::flat_buffer(most_lingering);
  linger();
}

void Connection::linger() {
  const std::size_t room = std::min<std::size_t>(4096, most_lingering - buffer_.size());
  if (room == 0) return end();
  stream_.async_read_some(buffer_.prepare(room), [self = shared_from_this()](const ErrorCode& error, std::size_t size) {
    if (self->host_ == nullptr) return;
    if (error) return self->end();
    self->buffer_.commit(size);
    self->linger();
  });
}

void Connection::abandon() {
  host_ = nullptr;
  stream_.close();
}

void Connection::end() {
  stream_.close();
  if (Host* host = std::exchange(host_, nullptr)) host->ended(*this);
}

}  // namespace vouchgate::metrics
