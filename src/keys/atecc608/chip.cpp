// Wake, command, poll, sleep. Sources: Microchip's public TNGTLS pages 7.1 to 7.5; Linux Documentation/i2c/fault-codes.
#include "chip.hpp"

#include <algorithm>
#include <array>

#include "status.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint8_t general_call = 0x00;    // nobody has this address: SDA stays low for eight clocks
constexpr microseconds wake_delay(1500);       // tWHI, summary data sheet table 2-2
constexpr microseconds wake_patience(30'000);  // tWHIST is 20 ms with the power-on self-test
constexpr microseconds wake_pause(500);
// A missing acknowledgement is known after 0.1 ms. An adapter that cannot move its lines gives up after 1 s (Linux,
// struct i2c_adapter's timeout), i2c-gpio after 0.1 s.
constexpr milliseconds adapter_timeout(80);
// Command and answer at 100 kHz, 7 ms for the longest, and a look that comes late on a loaded host.
constexpr microseconds transfer_time(20'000);
constexpr milliseconds before_second_try(20);
// Whatever state the chip was left in, its watchdog (at most 1.7 s) has put it to sleep by then.
constexpr milliseconds before_third_try(1'800);

microseconds pause_between_looks(microseconds most) {
  return most <= milliseconds(10) ? microseconds(500) : milliseconds(2);
}

}  // namespace

Chip::Attempt<bool> Chip::transferred(const Result<Transfer>& transfer) const {
  if (!transfer) return tl::unexpected(Trouble{transfer.error(), 0});
  if (*transfer == Transfer::gone) return tl::unexpected(Trouble{bus_gone(where_), 0});
  return *transfer == Transfer::done;
}

Chip::Attempt<bool> Chip::write(ByteView bytes) { return transferred(bus_.write(address_, bytes)); }
Chip::Attempt<bool> Chip::write(std::uint8_t word) { return write(ByteView(&word, 1)); }
Chip::Attempt<bool> Chip::read(std::span<std::uint8_t> out) { return transferred(bus_.read(address_, out)); }

Bus::Time Chip::pause_before(int attempt) const {
  return attempt == 1 ? microseconds(before_second_try) : microseconds(before_third_try);
}

Result<std::vector<Bytes>> Chip::run(const std::vector<Command>& commands) {
  for (int attempt = 0;; ++attempt) {
    const auto begin = bus_.now();
    auto payloads = window(commands);
    // Also after an error, and whatever it answers: sleep keeps no secret and no latched failure, and draws 30 nA.
    static_cast<void>(bus_.write(address_, ByteView(&word_sleep, 1)));
    if (payloads) return std::move(*payloads);
    const Trouble& trouble = payloads.error();
    const auto pause = pause_before(attempt + 1);
    const auto took = bus_.now() - begin;  // and so will another try, on an adapter whose transfers time out
    if (attempt >= trouble.tries_left) return fail(trouble.error);
    if (bus_.now() + pause + took >= deadline_) return fail(trouble.error);
    bus_.wait(pause);
  }
}

Chip::Attempt<std::vector<Bytes>> Chip::window(const std::vector<Command>& commands) {
  // Sleep first: a chip that other traffic or a dead program woke ignores the pulse and answers with old bytes.
  if (auto asleep = write(word_sleep); !asleep) return tl::unexpected(asleep.error());
  if (auto awake = wake(); !awake) return tl::unexpected(awake.error());
  std::vector<Bytes> payloads;
  for (const Command& command : commands) {
    if (!payloads.empty() && !fits_in_window(command)) {
      // Idle keeps TempKey and the message buffer, and the next pulse starts the watchdog anew.
      if (auto idle = write(word_idle); !idle) return tl::unexpected(idle.error());
      if (auto awake = wake(); !awake) return tl::unexpected(awake.error());
    }
    auto payload = execute(command);
    if (!payload) {
      Trouble trouble = payload.error();
      // A chip that lost its power in between has forgotten what the commands before left there, and refuses this one.
      if (!payloads.empty()) trouble.tries_left = std::max(trouble.tries_left, 1);
      return tl::unexpected(std::move(trouble));
    }
    payloads.push_back(std::move(*payload));
  }
  return payloads;
}

Chip::Attempt<void> Chip::wake() {
  constexpr std::uint8_t zero = 0;
  awake_since_ = bus_.now();
  // What it returns means nothing while the chip wakes: nobody acknowledges, and adapters put that in different words.
  const auto pulse = bus_.write(general_call, ByteView(&zero, 1));
  bus_.wait(wake_delay);
  std::array<std::uint8_t, status_frame> raw{};
  while (true) {
    const auto look = bus_.now();
    const auto got = read(raw);
    if (!got) return tl::unexpected(got.error());
    if (*got) break;
    if (bus_.now() - look >= adapter_timeout) return tl::unexpected(Trouble{bus_hangs(where_), most_tries - 1});
    if (bus_.now() < awake_since_ + wake_patience)
      bus_.wait(wake_pause);
    else if (pulse)
      return tl::unexpected(Trouble{wake_failed(where_), most_tries - 1});
    else
      return tl::unexpected(Trouble{pulse.error(), 0});
  }
  Attempt<Answer> answer = read_answer(raw, 1);
  // Awake already, since the sleep a moment ago, by the traffic of others, who have also read what it said.
  if (answer->kind == Answer::Kind::garbled) answer = read_again(1);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->kind != Answer::Kind::status) return tl::unexpected(Trouble{garbled(where_, "wake"), most_tries - 1});
  if (answer->status == status_woken) return {};
  // Anything else answers the last command of a program that died: the chip was busy with it when sleep was said.
  const int tries = answer->status == status_self_test_failed ? 0 : most_tries - 1;
  return tl::unexpected(Trouble{error_of(answer->status, where_, "wake"), tries});
}

bool Chip::fits_in_window(const Command& command) {
  return timing_of(command.opcode, speed_).most + transfer_time <= window_left();
}

// Half as long again as the maximum, but not beyond the watchdog: a chip that it puts to sleep is silent for ever.
Bus::Time Chip::patience(const Command& command) {
  const auto most = timing_of(command.opcode, speed_).most;
  return std::max(most, std::min(most + most / 2, window_left()));
}

Chip::Attempt<Bytes> Chip::execute(const Command& command) {
  if (auto sent = send(command); !sent) return tl::unexpected(sent.error());
  auto answer = answer_to(command);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->kind == Answer::Kind::garbled) answer = read_again(command.answer);
  if (!answer) return tl::unexpected(answer.error());
  return judge(command, *answer);
}

Chip::Attempt<void> Chip::send(const Command& command) {
  const char* name = name_of(command.opcode);
  if (bus_.now() + timing_of(command.opcode, speed_).first_look >= deadline_)
    return tl::unexpected(Trouble{out_of_time(where_, name), 0});
  const auto taken = write(packet(command));
  if (!taken) return tl::unexpected(taken.error());
  if (!*taken) return tl::unexpected(Trouble{not_taken(where_, name), most_tries - 1});
  return {};
}

// Looks until the chip lets itself be read: while it works it acknowledges nothing.
Chip::Attempt<Bytes> Chip::poll(const Command& command, std::size_t bytes) {
  const Timing timing = timing_of(command.opcode, speed_);
  const auto since = bus_.now();
  const auto until = since + patience(command);
  Bytes raw(bytes);
  bus_.wait(timing.first_look);
  while (true) {
    const auto got = read(raw);
    if (!got) return tl::unexpected(got.error());
    if (*got) return raw;
    if (bus_.now() >= deadline_) return tl::unexpected(Trouble{out_of_time(where_, name_of(command.opcode)), 0});
    if (bus_.now() >= until) return tl::unexpected(Trouble{no_answer(where_, name_of(command.opcode)), most_tries - 1});
    bus_.wait(pause_between_looks(timing.most));
  }
}

// One read of what success sends; a shorter answer, a status, leaves 0xFF behind it.
Chip::Attempt<Answer> Chip::answer_to(const Command& command) {
  const auto raw = poll(command, command.answer + frame_overhead);
  if (!raw) return tl::unexpected(raw.error());
  return read_answer(*raw, command.answer);
}

// From the first byte again, in two reads as cryptoauthlib does it: the count, then the rest. Some adapters stumble
// over a read that is longer than the answer, and a bit that flipped on the wire is mended without another signature.
Chip::Attempt<Answer> Chip::read_again(std::size_t expected) {
  const auto rewound = write(word_reset);
  if (!rewound) return tl::unexpected(rewound.error());
  Bytes raw(1);
  const auto counted = read(raw);
  if (!counted) return tl::unexpected(counted.error());
  if (!*rewound || !*counted || raw[0] < status_frame || raw[0] > expected + frame_overhead) return Answer{};
  Bytes rest(raw[0] - 1u);
  const auto got = read(rest);
  if (!got) return tl::unexpected(got.error());
  if (!*got) return Answer{};
  raw.insert(raw.end(), rest.begin(), rest.end());
  return read_answer(raw, expected);
}

Chip::Attempt<Bytes> Chip::judge(const Command& command, const Answer& answer) const {
  const char* name = name_of(command.opcode);
  if (answer.kind == Answer::Kind::payload) return answer.payload;
  if (answer.kind == Answer::Kind::status && answer.status != status_ok)
    return tl::unexpected(Trouble{error_of(answer.status, where_, name), tries_left(answer.status)});
  if (answer.kind == Answer::Kind::status && command.answer == 1) return Bytes{};
  return tl::unexpected(Trouble{garbled(where_, name), most_tries - 1});
}

}  // namespace vouchgate::keys::atecc608
