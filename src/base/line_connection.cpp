// Framing, pacing and coalesced writes of one peer. Never blocks and never copies a line it hands on.
#include "line_connection.hpp"

#include <poll.h>

#include <algorithm>
#include <cstring>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate {
namespace {

constexpr std::size_t first_room = 4096;   // most connections are quiet: a thousand of them cost 4 MiB
constexpr std::size_t usual_room = 65536;  // what a busy one grows to; only a longer line needs more
constexpr auto linger_for = std::chrono::seconds(2);

// Both directions are shut down: the peer called close(2), not just shutdown(2).
bool peer_is_gone(int fd) {
  pollfd entry{fd, 0, 0};
  return ::poll(&entry, 1, 0) == 1 && (entry.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

LineConnection::LineConnection(Socket socket, std::uint64_t id, std::uint32_t uid, const LineServerSettings& settings,
                               LineHandler& handler, LineOwner& owner)
    : socket_(std::move(socket)),
      linger_timer_(socket_.get_executor()),
      id_(id),
      uid_(uid),
      settings_(settings),
      handler_(&handler),
      owner_(&owner),
      input_(first_room) {}

void LineConnection::read() {
  if (reading_ || owner_ == nullptr || muted_ || paused_ || peer_done_) return;
  make_room();
  reading_ = true;
  socket_.async_read_some(asio::buffer(input_.data() + filled_, input_.size() - filled_),
                          [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
                            self->reading_ = false;
                            self->on_read(error, size);
                          });
}

void LineConnection::make_room() {
  if (begin_ == filled_) {
    begin_ = scanned_ = filled_ = 0;
    if (input_.size() > usual_room) input_ = std::vector<char>(usual_room);
  } else if (begin_ > 0) {
    std::memmove(input_.data(), input_.data() + begin_, filled_ - begin_);
    scanned_ -= begin_;
    filled_ -= begin_;
    begin_ = 0;
  }
  // One byte beyond the longest line and its newline is enough to know that framing is lost.
  if (filled_ == input_.size())
    input_.resize(std::min(input_.size() * 2, std::max(settings_.max_line + 2, first_room)));
}

void LineConnection::on_read(const boost::system::error_code& error, std::size_t size) {
  if (owner_ == nullptr) return;
  if (error == asio::error::eof) return peer_stopped_writing();
  if (error) return end();
  if (unread_) return read();  // drained, so that the peer sees our last line and not a reset
  filled_ += size;
  const bool was_full = filled_ == input_.size();
  take_lines();
  if (was_full && begin_ == filled_ && input_.size() < usual_room) input_.resize(input_.size() * 2);
  read();
}

void LineConnection::take_lines() {
  while (owner_ != nullptr && !held()) {
    const char* const from = input_.data() + scanned_;
    const void* const newline = std::memchr(from, '\n', filled_ - scanned_);
    if (newline == nullptr) {
      scanned_ = filled_;
      if (filled_ - begin_ > settings_.max_line) lose_framing("line is too long");
      return;
    }
    const char* const line = input_.data() + begin_;
    const auto length = static_cast<std::size_t>(static_cast<const char*>(newline) - line);
    begin_ += length + 1;
    scanned_ = begin_;
    take_line({line, length});
  }
}

void LineConnection::take_line(std::string_view line) {
  if (line.size() > settings_.max_line) return lose_framing("line is too long");
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return;
  if (std::memchr(line.data(), '\0', line.size()) != nullptr) return lose_framing("line has a NUL byte");
  if (!is_utf8(line)) return lose_framing("line is not UTF-8");
  handler_->line(id_, line);
}

void LineConnection::lose_framing(const char* reason) {
  std::string hint = "one JSON object a line, UTF-8, at most " + std::to_string(settings_.max_line) + " bytes";
  const bool too_long = std::string_view(reason) == "line is too long";
  handler_->unframed(
      id_, Error{too_long ? Code::too_large : Code::invalid, "line", "",
                 too_long ? "over " + std::to_string(settings_.max_line) + " bytes" : reason + 5, std::move(hint)});
  finish();
}

void LineConnection::owe(std::size_t bytes) {
  owed_.push_back(bytes);
  owed_bytes_ += bytes;
  if (owed_bytes_ > settings_.max_owed_bytes || owed_.size() > settings_.max_owed_answers) paused_ = true;
}

void LineConnection::settle() {
  if (owed_.empty()) return;
  // Answers may overtake one another, so the front need not be the message just answered; the count is exact.
  owed_bytes_ -= owed_.front();
  owed_.pop_front();
  if (paused_ && owed_bytes_ <= settings_.max_owed_bytes / 2 && owed_.size() <= settings_.max_owed_answers / 2)
    resume();
  if (owed_.empty() && peer_done_) schedule_flush();
}

void LineConnection::resume() {
  paused_ = false;
  if (resume_posted_) return;
  resume_posted_ = true;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->resume_posted_ = false;
    self->take_lines();
    self->read();
    self->end_when_done();
  });
}

void LineConnection::send(std::string_view line) {
  if (owner_ == nullptr || shut_) return;
  if (output_.size() + sending_.size() + line.size() + 1 > settings_.max_output) return overflow();
  output_.append(line);
  output_ += '\n';
  schedule_flush();
}

void LineConnection::schedule_flush() {
  if (writing_ || flush_posted_) return;
  flush_posted_ = true;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void LineConnection::flush() {
  if (owner_ == nullptr || writing_) return;
  if (output_.empty()) return end_when_done();
  sending_.clear();
  std::swap(output_, sending_);
  writing_ = true;
  asio::async_write(socket_, asio::buffer(sending_),
                    [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                      self->writing_ = false;
                      self->sending_.clear();
                      if (self->owner_ == nullptr) return;
                      if (error) return self->end();
                      self->flush();
                    });
}

void LineConnection::peer_stopped_writing() {
  peer_done_ = true;
  if (peer_is_gone(socket_.native_handle())) return end();
  end_when_done();
}

// After the last byte of output: a peer that stopped writing is done, one that is being closed gets our end of file.
void LineConnection::end_when_done() {
  if (owner_ == nullptr || writing_ || !output_.empty()) return;
  const bool input_left = !held() ? false : paused_ && begin_ < filled_;
  if (peer_done_ && owed_.empty() && !input_left && !resume_posted_) return end();
  if (!unread_ || shut_) return;
  shut_ = true;
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void LineConnection::finish() {
  if (owner_ == nullptr || unread_) return;
  unread_ = true;
  paused_ = false;
  begin_ = scanned_ = filled_ = 0;
  linger();
  schedule_flush();
  // A peer in the middle of a long line must be able to finish writing before it reads why.
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->read(); });
}

void LineConnection::mute() { muted_ = true; }

void LineConnection::linger() {
  linger_timer_.expires_after(linger_for);
  linger_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->end();
  });
}

void LineConnection::overflow() {
  log::emit(
      events::Id::peer_not_reading,
      {{"socket", settings_.path}, {"uid", std::to_string(uid_)}, {"bytes", std::to_string(settings_.max_output)}});
  unread_ = shut_ = true;  // nothing more in or out; ended from the loop, for send() may be called from the handler
  output_ = std::string();
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->end(); });
}

void LineConnection::end() {
  if (owner_ == nullptr) return;
  LineOwner* const owner = owner_;
  const auto self = shared_from_this();
  LineHandler* const handler = handler_;
  abandon();
  owner->ended(*this);
  handler->closed(id_);
}

void LineConnection::abandon() {
  owner_ = nullptr;
  handler_ = nullptr;
  boost::system::error_code ignored;
  socket_.close(ignored);
  linger_timer_.cancel();
}

}  // namespace vouchgate
