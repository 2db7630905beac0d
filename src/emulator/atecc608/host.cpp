// The loop over requests, orders and signals, and the lines on standard output. Never two requests at a time, as on one
// bus.
#include "host.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <ctime>
#include <deque>
#include <filesystem>
#include <optional>

#include "descriptor.hpp"
#include "device_session.hpp"
#include "line_writer.hpp"
#include "orders.hpp"
#include "p256.hpp"
#include "report.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

constexpr std::size_t longest_order = 4096;  // bytes; PIPE_BUF, what a writer can add in one piece

Time monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::duration_cast<Time>(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

void wait_until(Time moment) {
  const std::int64_t microseconds = moment.count();
  const timespec until{microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) continue;
}

int end_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  ::signal(SIGPIPE, SIG_IGN);  // a reader that is gone must not leave a dead mount behind
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return ::signalfd(-1, &set, SFD_CLOEXEC);
}

Serial new_serial(bool trust_platform) {
  Serial serial{0x01, 0x23};
  random_bytes(std::span(serial).subspan(2, 6));
  serial[8] = trust_platform ? 0x01 : 0xEE;
  return serial;
}

State new_chip(const ChipOptions& options) {
  const Serial serial = new_serial(provisioned_by_factory(options.preset));
  switch (options.preset) {
    case Preset::blank: return blank(options.part, serial);
    case Preset::trust_and_go: return trust_and_go(serial);
    case Preset::trust_flex: return trust_flex(serial);
    case Preset::jwt1:
    case Preset::jwt1_key: break;
  }
  return jwt1(options.part, options.preset == Preset::jwt1_key, serial);
}

Result<State> state_of(const ChipOptions& options, const std::string& path) {
  auto found = load(path);
  if (!found && found.error().code == Code::not_found) {
    State made = new_chip(options);
    if (auto saved = save(made, path); !saved) return fail(saved.error());
    return made;
  }
  if (found && options.part_given && found->part != options.part)
    return fail(Code::mismatch, "chip state", path, "is a " + std::string(name(found->part)),
                "leave --part out, or name another file");
  return found;
}

std::string serial_of(const State& state) {
  return hex(ByteView(state.config).first(4)) + hex(ByteView(state.config).subspan(8, 5));
}

std::string number(unsigned value) {
  std::array<char, 12> text{};
  std::snprintf(text.data(), text.size(), "0x%02x", value);
  return text.data();
}

std::string absolute(const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

Moment wall_now() { return std::chrono::system_clock::now(); }

// Takes the FIFO of one that was killed away, and nothing else.
Result<void> make_room(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISFIFO(found.st_mode))
    return fail(Code::busy, "control", path, "is there already and is not a FIFO", "name another one");
  const Descriptor reader(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (reader.value >= 0)
    return fail(Code::busy, "control", path, "somebody reads from it", "end that emulator, or name another FIFO");
  ::unlink(path.c_str());
  return {};
}

class Host {
 public:
  // states: at least one, as many as options name
  Host(ChipOptions options, const std::vector<State>& states)
      : options_(std::move(options)),
        adapter_({options_.bus_hz, options_.nack_errno, options_.smbus_only, monotonic_now, wait_until}) {
    for (std::size_t i = 0; i < states.size(); ++i)
      adapter_.add(chips_.emplace_back(states[i], chip_settings(options_.states[i], serial_of(states[i]))));
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() {
    if (control_made_) ::unlink(options_.control.c_str());
  }
  Result<void> run();

 private:
  Settings chip_settings(const std::string& path, const std::string& serial);
  void observe(const Event& event, std::string_view serial);
  Result<void> open_control();
  void take_orders();
  void obey(std::string_view line);
  void say_counts();
  void say_ready();
  Result<void> loop(DeviceSession& session, int signals);

  ChipOptions options_;
  LineWriter lines_{STDOUT_FILENO};
  std::optional<Error> store_failed_;
  std::deque<Chip> chips_;
  Adapter adapter_;
  Descriptor control_{-1};
  bool control_made_ = false;
  std::string orders_;  // read and not yet a whole line
};

Settings Host::chip_settings(const std::string& path, const std::string& serial) {
  Settings settings;
  settings.bus_hz = options_.bus_hz;
  settings.seed = options_.seed + 2 * chips_.size();  // each chip has dice of its own; a chip's faults take the next
  settings.store = [this, path](const State& state) {
    if (auto saved = save(state, path); !saved) store_failed_ = saved.error();
  };
  const std::string told = options_.states.size() > 1 ? serial : "";  // one chip needs no name
  settings.observe = [this, told](const Event& event) { observe(event, told); };
  return settings;
}

void Host::observe(const Event& event, std::string_view serial) {
  if (event.what != "command") {
    lines_.add(report(event.what, {{"name", event.name}, {"serial", serial}}, wall_now()));
    return;
  }
  const std::string status = number(event.status), p1 = number(event.p1), p2 = number(event.p2),
                    opcode = number(event.opcode);
  lines_.add(report("command",
                    {{"name", event.name},
                     {"serial", serial},
                     {"opcode", opcode},
                     {"p1", p1},
                     {"p2", p2},
                     {"status", status},
                     {"duration_us", static_cast<std::uint64_t>(event.duration.count())}},
                    wall_now()));
}

void Host::say_ready() {
  const std::string device = options_.cuse.empty() ? options_.fuse + "/" + options_.name : "/dev/" + options_.cuse;
  for (std::size_t i = 0; i < chips_.size(); ++i) {
    const State& state = chips_[i].state();
    const std::string serial = serial_of(state), address = number(state.address());
    lines_.add(report("ready",
                      {{"device", device},
                       {"part", name(state.part)},
                       {"serial", serial},
                       {"address", address},
                       {"state", options_.states[i]},
                       {"control", options_.control}},
                      wall_now()));
  }
}

void Host::say_counts() {
  for (std::size_t i = 0; i < fault_count; ++i)
    if (const std::uint64_t times = chips_.front().faults().injected(static_cast<Fault>(i)); times > 0)
      lines_.add(report("count", {{"name", name(static_cast<Fault>(i))}, {"injected", times}}, wall_now()));
  lines_.add(report("counts", {{"injected", chips_.front().faults().injected()}}, wall_now()));
}

void Host::obey(std::string_view line) {
  const auto done = carry_out(line, chips_.front().faults());
  if (!done) {
    const std::string reason = done.error().reason;
    lines_.add(report("refused", {{"order", line}, {"reason", reason}}, wall_now()));
  } else if (*done == "counts") {
    say_counts();
  } else {
    lines_.add(report(*done, {{"order", line}}, wall_now()));
  }
}

Result<void> Host::open_control() {
  if (options_.control.empty()) return {};
  if (auto free = make_room(options_.control); !free) return free;
  control_made_ = ::mkfifo(options_.control.c_str(), 0600) == 0;
  // Also for writing, so that the last writer's end is not the end of it.
  if (control_made_) control_.value = ::open(options_.control.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (control_.value >= 0) return {};
  return fail(Code::unavailable, "control", options_.control, std::strerror(errno));
}

void Host::take_orders() {
  std::array<char, longest_order> piece{};
  const ssize_t size = ::read(control_.value, piece.data(), piece.size());
  if (size <= 0) return;
  orders_.append(piece.data(), static_cast<std::size_t>(size));
  for (std::size_t end = orders_.find('\n'); end != std::string::npos; end = orders_.find('\n')) {
    if (end > 0) obey(std::string_view(orders_).substr(0, end));
    orders_.erase(0, end + 1);
  }
  if (orders_.size() <= longest_order) return;
  orders_.clear();
  lines_.add(report("refused", {{"reason", "an order has no end"}}, wall_now()));
}

Result<void> Host::loop(DeviceSession& session, int signals) {
  bool said = false;
  while (!store_failed_) {
    if (session.ready() && !said) {
      say_ready();
      said = true;
    }
    lines_.flush();
    if (lines_.broken()) return fail(Code::unavailable, "emulator", "standard output", "nobody reads it any more");
    std::array<pollfd, 3> all{
        pollfd{signals, POLLIN, 0}, {session.descriptor(), POLLIN, 0}, {control_.value, POLLIN, 0}};
    if (::poll(all.data(), all.size(), -1) < 0) continue;
    if (all[0].revents != 0) return {};
    if (all[2].revents != 0) take_orders();  // before a request, so that an order written first also counts first
    if (all[1].revents != 0 && !session.serve())
      return fail(Code::unavailable, "emulator", options_.fuse + options_.cuse, "somebody else took the device away");
  }
  return fail(*store_failed_);
}

Result<void> Host::run() {
  const Descriptor signals(end_signals());
  if (auto opened = open_control(); !opened) return opened;
  auto session = options_.cuse.empty() ? mount_device(options_.fuse, options_.name, adapter_)
                                       : make_device(options_.cuse, adapter_);
  if (!session) return fail(session.error());
  auto ended = loop(**session, signals.value);
  session->reset();
  say_counts();
  lines_.add(report("ended", {}, wall_now()));
  lines_.flush();
  return ended;
}

}  // namespace

Result<void> run(ChipOptions options) {
  // Making a character device changes the working directory.
  for (std::string* path : {&options.fuse, &options.control})
    if (!path->empty()) *path = absolute(*path);
  std::vector<Descriptor> claimed;
  std::vector<State> states;
  for (std::string& path : options.states) {
    path = absolute(path);
    auto claim_of_one = claim(path);
    if (!claim_of_one) return fail(claim_of_one.error());
    claimed.push_back(std::move(*claim_of_one));
    auto state = state_of(options, path);
    if (!state) return fail(state.error());
    states.push_back(std::move(*state));
  }
  return Host(std::move(options), states).run();
}

}  // namespace vouchgate::emulator::atecc608
