// How much longer a signature of the ATECC608 takes than bus and chip need for it, on the simulator's clock. Not a
// test, and no chip: a real one's figure is 'vouchgate check', atecc.timing. chip_bench [SIGNATURES] prints a JSON
// object per line; tests/bench/run.sh --only chip makes a table of them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "keys/atecc608/operations.hpp"
#include "simulated_bus.hpp"

int main(int count, char** values) {
  using namespace vouchgate;
  using namespace vouchgate::keys::atecc608;
  namespace parts = emulator::atecc608;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const int signatures = count > 1 ? std::atoi(values[1]) : 200;
  // Wake pulse, tWHI, wake answer, Nonce, Sign and sleep at 100 kHz and 9 bits a byte, without the chip's own work.
  constexpr Milliseconds bus_time(13.4);
  for (const auto part : {parts::Part::atecc508a, parts::Part::atecc608b}) {
    Bus::Time worked{};
    parts::Settings settings;
    settings.observe = [&](const parts::Event& event) {
      if (event.what == "command") worked += event.duration;
    };
    test::SimulatedAdapter adapter(parts::jwt1(part, true), settings);
    test::SimulatedBus bus(adapter);
    std::vector<double> took;
    double floor = 0;
    for (int i = 0; i < signatures; ++i) {
      worked = {};
      const auto begin = adapter.now;
      const auto signature = with_chip(bus, {}, std::chrono::seconds(10), [&](Chip& chip) {
        chip.set_speed(speed_of(adapter.chip.state().config));
        return sign(chip, vouchgate::atecc608::part_of(adapter.chip.state().config), 0, Bytes(32, 1));
      });
      if (!signature) return std::fprintf(stderr, "%s\n", signature.error().text().c_str()), 1;
      took.push_back(Milliseconds(adapter.now - begin).count());
      floor += (bus_time + Milliseconds(worked)).count();
    }
    std::ranges::sort(took);
    double all = 0;
    for (const double one : took) all += one;
    std::printf(R"({"part": "%s", "mean_ms": %.1f, "median_ms": %.1f, "worst_ms": %.1f, "ratio": %.3f})"
                "\n",
                std::string(parts::name(part)).c_str(), all / signatures, took[took.size() / 2], took.back(),
                all / floor);
  }
}
