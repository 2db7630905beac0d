// Many children that speak at a given rate or as fast as they are answered: to vouchgated on its Unix socket, or to a
// local broker by MQTT. Never counts a message as stored before its answer. Prints one line of JSON.
// bench_feeder (--unix PATH | --mqtt PORT --topic PREFIX) --children N --count N [--rate PER_SECOND, 0 = flat out]
// [--size 256] [--open 400 unanswered per child]
#include "bench_child.hpp"

namespace {

using namespace vouchgate::bench;

struct Feed {
  std::vector<std::unique_ptr<Child>> children;
  std::int64_t count = 0, rate = 0, open = 0;
  std::size_t size = 0;
  std::int64_t sent = 0;
  Answers answers;
};

// Message i is the child's i-th in turn; a child that owes too many answers makes all wait, as each keeps its order.
void write_due(Feed& feed, std::int64_t start) {
  while (feed.sent < feed.count) {
    const auto index = static_cast<std::size_t>(feed.sent) % feed.children.size();
    Child& child = *feed.children[index];
    if (child.unanswered() >= feed.open) return;
    if (feed.rate > 0 && now_ns() < start + static_cast<std::int64_t>(1e9 * static_cast<double>(feed.sent) /
                                                                      static_cast<double>(feed.rate)))
      return;
    child.write({static_cast<unsigned>(index),
                 static_cast<std::uint32_t>(feed.sent / static_cast<std::int64_t>(feed.children.size())), now_ns()},
                feed.size);
    ++feed.sent;
  }
}

// Flat out the sockets say when to go on; at a rate the clock does, in steps of a millisecond at most.
bool turn(Feed& feed) {
  std::vector<pollfd> polled;
  for (const auto& child : feed.children) polled.push_back(child->wanted());
  const bool paced = feed.rate > 0 && feed.sent < feed.count;
  if (::poll(polled.data(), polled.size(), paced ? 1 : 1000) < 0) return false;
  for (std::size_t i = 0; i < polled.size(); ++i)
    if (polled[i].revents != 0 && !feed.children[i]->exchange(polled[i].revents, feed.answers)) return false;
  return true;
}

bool run(Feed& feed, const Options& options) {
  const auto children = options.number("--children", 10);
  for (unsigned i = 0; i < children; ++i) {
    auto child = open_child(options, i);
    if (!child) return false;
    feed.children.push_back(std::move(child));
  }
  const std::int64_t start = now_ns();
  while (feed.answers.stored + feed.answers.refused < feed.count) {
    write_due(feed, start);
    if (!turn(feed)) break;
  }
  const double seconds = static_cast<double>(now_ns() - start) / 1e9;
  std::printf(
      "{\"sent\": %lld, \"stored\": %lld, \"refused\": %lld, \"start_ns\": %lld, \"seconds\": %.3f, \"p50_ms\": %.3f, "
      "\"p99_ms\": %.3f}\n",
      static_cast<long long>(feed.sent), static_cast<long long>(feed.answers.stored),
      static_cast<long long>(feed.answers.refused), static_cast<long long>(start), seconds,
      percentile(feed.answers.waits, 0.5), percentile(feed.answers.waits, 0.99));
  return feed.answers.stored + feed.answers.refused == feed.count;
}

}  // namespace

int main(int count, char** values) {
  const Options options(count, values);
  if (options.text("--unix").empty() && options.text("--mqtt").empty()) {
    std::fputs(
        "usage: bench_feeder (--unix PATH | --mqtt PORT --topic PREFIX) --children N --count N [--rate PER_SECOND]"
        " [--size BYTES] [--open UNANSWERED]\n",
        stderr);
    return 2;
  }
  Feed feed;
  feed.count = options.number("--count", 1000);
  feed.rate = options.number("--rate", 0);
  feed.size = static_cast<std::size_t>(options.number("--size", 256));
  feed.open = options.number("--open", 400);
  return run(feed, options) ? 0 : 1;
}
