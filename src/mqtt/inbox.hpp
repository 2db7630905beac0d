// The hand-over from Paho's threads to the loop: a vector under a lock, and one post when it stops being empty, at most
// one in a millisecond.
// Never calls anybody's code while it holds the lock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "vouchgate/contract/transport.hpp"

namespace vouchgate::mqtt {

// A tag names one subscribe for the life of the process; it travels through Paho as the user context. 0 is never a tag.
using Tag = std::uintptr_t;
// Paho's packet identifier of one publish of a session, 1 to 65535. Paho counts them up, so one that is acknowledged
// comes back only 65535 publishes later: long after the loop has seen its PUBACK, for far fewer are ever in flight.
using PublishNumber = int;
using Session = std::uintptr_t;  // counts connect() calls; 0 is never a session

struct Acked {
  Session session;
  PublishNumber number;
};
struct Granted {
  Tag tag;
  std::vector<int> codes;
};
struct Arrived {
  Session session;
  Inbound inbound;
};
struct Up {
  Session session;
  std::string tls;  // "TLSv1.3"
};
struct Refused {
  Session session;
  ConnectFailure failure;
  std::string reason;
  bool ambiguous;  // the network has to be looked at before this can be told
};
struct Ended {  // lost, or disconnected as asked
  Session session;
  std::string reason;
};
struct Expired {  // our own deadline for a connect, or for a disconnect
  Session session;
  bool closing;
};
using Item = std::variant<Acked, Granted, Arrived, Up, Refused, Ended, Expired>;

// Shared by everybody who may still push; close() cuts the way to the loop.
class Inbox : public std::enable_shared_from_this<Inbox> {
 public:
  using Drain = std::function<void(std::vector<Item>)>;
  using Later = std::function<void(Monotonic, std::function<void()>)>;  // any thread; runs the job on one of its own
  Inbox(Post post, Later later, Drain drain)
      : post_(std::move(post)), later_(std::move(later)), drain_(std::move(drain)) {}

  void push(Item item);          // any thread
  void close() { drain_ = {}; }  // loop thread: nothing is drained after this

 private:
  void drain();

  const Post post_;
  const Later later_;
  Drain drain_;  // loop thread only
  std::mutex mutex_;
  std::vector<Item> items_;
  Monotonic drained_at_{};
};

}  // namespace vouchgate::mqtt
