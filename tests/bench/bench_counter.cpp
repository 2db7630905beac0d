// Listens at the cloud and judges what arrives: how much, how late, what is missing, doubled or out of order. Never
// acknowledges anything on the product's behalf. Prints "subscribed", then one line of JSON when everything is there or
// nothing has come for --idle-s. bench_counter --port P --ca FILE --password P --topic T --children N --expect N
// [--idle-s 20]
#include <mosquitto.h>
#include <unistd.h>

#include <atomic>

#include "bench_message.hpp"

namespace {

using namespace vouchgate::bench;

struct Child {
  std::vector<bool> seen;
  std::int64_t newest = -1;
};

struct Tally {
  std::vector<Child> children;
  std::uint64_t received = 0, distinct = 0, doubled = 0, reordered = 0, foreign = 0;
  std::int64_t first_ns = 0, last_ns = 0;
  std::vector<float> late;  // milliseconds from the child's write to here, first copies only
  std::atomic<bool> subscribed = false;

  void take(std::string_view payload) {
    Stamp stamp;
    if (!read_stamp(payload, stamp) || stamp.child >= children.size()) {
      ++foreign;
      return;
    }
    last_ns = now_ns();
    if (first_ns == 0) first_ns = last_ns;
    ++received;
    Child& child = children[stamp.child];
    if (child.seen.size() <= stamp.number) child.seen.resize(stamp.number + 1);
    if (child.seen[stamp.number]) {
      ++doubled;
      return;
    }
    child.seen[stamp.number] = true;
    ++distinct;
    // A first copy after a newer one: somebody overtook it. What is sent again after a lost session is a double.
    if (stamp.number < child.newest) ++reordered;
    child.newest = std::max<std::int64_t>(child.newest, stamp.number);
    late.push_back(static_cast<float>(static_cast<double>(last_ns - stamp.sent_ns) / 1e6));
  }
};

Tally& tally_of(void* user) { return *static_cast<Tally*>(user); }

mosquitto* connect(const Options& options, Tally& tally) {
  const std::string name = "bench-counter-" + std::to_string(::getpid());
  mosquitto* client = mosquitto_new(name.c_str(), true, &tally);
  mosquitto_username_pw_set(client, "admin", options.text("--password").c_str());
  mosquitto_tls_set(client, options.text("--ca").c_str(), nullptr, nullptr, nullptr, nullptr);
  mosquitto_subscribe_callback_set(client, [](mosquitto*, void* user, int, int granted, const int* qos) {
    tally_of(user).subscribed = granted == 1 && qos[0] < 3;
  });
  mosquitto_message_callback_set(client, [](mosquitto*, void* user, const mosquitto_message* message) {
    tally_of(user).take({static_cast<const char*>(message->payload), static_cast<std::size_t>(message->payloadlen)});
  });
  if (mosquitto_connect(client, "localhost", static_cast<int>(options.number("--port", 0)), 60) != MOSQ_ERR_SUCCESS)
    return nullptr;
  // QoS 0: one hop on loopback to a reader that keeps up; the counter shares two processors with what it measures.
  mosquitto_subscribe(client, nullptr, options.text("--topic", "/devices/+/events/#").c_str(), 0);
  return client;
}

}  // namespace

int main(int count, char** values) {
  const Options options(count, values);
  if (options.text("--port").empty()) {
    std::fputs(
        "usage: bench_counter --port P --ca FILE --password P --children N --expect N [--topic T] [--idle-s S]\n",
        stderr);
    return 2;
  }
  Tally tally;
  tally.children.resize(static_cast<std::size_t>(options.number("--children", 1)));
  const auto expected = static_cast<std::uint64_t>(options.number("--expect", 0));
  const std::int64_t idle_ns = options.number("--idle-s", 20) * 1'000'000'000;
  mosquitto_lib_init();
  mosquitto* const client = connect(options, tally);
  if (client == nullptr) return 1;
  bool told = false;
  for (std::int64_t quiet_since = now_ns(); tally.distinct < expected && now_ns() - quiet_since < idle_ns;) {
    const std::uint64_t before = tally.received;
    if (mosquitto_loop(client, 100, 1) != MOSQ_ERR_SUCCESS) return 1;
    if (tally.received != before) quiet_since = now_ns();
    if (!told && tally.subscribed) {
      told = true;
      std::puts("subscribed");
      std::fflush(stdout);
    }
  }
  std::printf(
      "{\"received\": %llu, \"distinct\": %llu, \"missing\": %lld, \"doubled\": %llu, \"reordered\": %llu, "
      "\"foreign\": %llu, \"first_ns\": %lld, \"last_ns\": %lld, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
      static_cast<unsigned long long>(tally.received), static_cast<unsigned long long>(tally.distinct),
      static_cast<long long>(expected) - static_cast<long long>(tally.distinct),
      static_cast<unsigned long long>(tally.doubled), static_cast<unsigned long long>(tally.reordered),
      static_cast<unsigned long long>(tally.foreign), static_cast<long long>(tally.first_ns),
      static_cast<long long>(tally.last_ns), percentile(tally.late, 0.5), percentile(tally.late, 0.99));
  mosquitto_destroy(client);
  mosquitto_lib_cleanup();
}
