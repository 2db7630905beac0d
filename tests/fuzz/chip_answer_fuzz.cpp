// An I2C bus on which anything may arrive: noise, well-formed nonsense, silence, an adapter that goes. The driver ends
// in time, hands out only what carried a CRC, and leaves with a sleep.
#include <algorithm>
#include <cstdlib>

#include "atecc608/chip.hpp"
#include "vouchgate/model/atecc608_zone.hpp"

namespace {

using namespace vouchgate;
using namespace vouchgate::keys::atecc608;

// What the input says happens at each transfer; NACKs when it has nothing more to say.
class HostileBus : public Bus {
 public:
  explicit HostileBus(ByteView input) : input_(input) {}

  Result<void> open(Time) override { return {}; }
  void close() override {}
  Result<Transfer> write(std::uint8_t, ByteView bytes) override {
    now_ += std::chrono::microseconds(100);
    slept_ = bytes.size() == 1 && bytes[0] == word_sleep;
    return outcome(take());
  }
  Result<Transfer> read(std::uint8_t, std::span<std::uint8_t> out) override {
    now_ += std::chrono::microseconds(100);
    slept_ = false;
    const std::uint8_t what = take();
    std::ranges::generate(out, [this] { return take(); });
    if ((what & 0x10) != 0) make_well_formed(out);
    return outcome(what);
  }
  Time now() override { return now_; }
  void wait(Time time) override { now_ += time; }
  bool slept() const { return slept_; }

 private:
  std::uint8_t take() {
    if (input_.empty()) return 1;
    const std::uint8_t next = input_.front();
    input_ = input_.subspan(1);
    return next;
  }
  Result<Transfer> outcome(std::uint8_t what) const {
    switch (what & 0x0F) {
      case 1:
      case 2: return Transfer::nack;
      case 3: return Transfer::gone;
      case 4: return fail(Code::unsupported, "key", "bus", "refused");
      default: return Transfer::done;
    }
  }
  // A fuzzer does not find a CRC by chance.
  static void make_well_formed(std::span<std::uint8_t> out) {
    const std::size_t count = (out[0] & 0x80) != 0 ? status_frame : out.size();
    if (count < status_frame || count > out.size()) return;
    out[0] = static_cast<std::uint8_t>(count);
    const std::uint16_t crc = vouchgate::atecc608::crc16(ByteView(out).first(count - 2));
    out[count - 2] = static_cast<std::uint8_t>(crc & 0xFF);
    out[count - 1] = static_cast<std::uint8_t>(crc >> 8);
  }
  ByteView input_;
  Time now_{};
  bool slept_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr Bus::Time limit = std::chrono::seconds(10);
  HostileBus bus({data, size});
  Chip chip(bus, 0x60, "bus 0x60", limit);
  const auto answers = chip.run({{Opcode::nonce, 0x43, 0, Bytes(32), 1}, {Opcode::sign, 0xA0, 0, {}, 64}});
  const bool right = !answers || (answers->size() == 2 && answers->front().empty() && answers->back().size() == 64);
  if (!right || !bus.slept() || bus.now() > limit + std::chrono::seconds(1)) std::abort();

  // Single frames, too: the first byte is the size that is expected.
  if (size == 0) return 0;
  const Answer answer = read_answer(ByteView(data + 1, size - 1), data[0]);
  if (answer.kind == Answer::Kind::payload && answer.payload.size() != data[0]) std::abort();
  return 0;
}
