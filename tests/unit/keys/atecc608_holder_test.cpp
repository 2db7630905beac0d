// What the gateway sees of a chip: it is opened, refused with a reason, signs for ever, and comes back after trouble.
#include <gmock/gmock.h>

#include <cstdlib>

#include "keys/atecc608/holder.hpp"
#include "keys/atecc608/operations.hpp"
#include "keys/crypto.hpp"
#include "simulated_bus.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

using emulator::atecc608::Fault;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::SimulatedAdapter;
using test::SimulatedBus;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace parts = emulator::atecc608;
namespace zones = vouchgate::atecc608;

constexpr Bus::Time limit = seconds(10);

KeySettings settings_for(std::uint32_t slot = 0, std::uint32_t address = 0x60) {
  KeySettings out;
  out.holder = "atecc608";
  out.atecc608 = {.bus = "/dev/i2c-1", .address = address, .slot = slot};
  return out;
}

std::unique_ptr<Bus> bus_of(SimulatedAdapter& adapter) { return std::make_unique<SimulatedBus>(adapter); }

Error refusal(SimulatedAdapter& adapter, const KeySettings& settings = settings_for()) {
  const auto opened = open_on(bus_of(adapter), settings, limit);
  return opened ? Error{} : opened.error();
}

TEST(Atecc608Holder, opens_the_key_and_signs_what_openssl_accepts) {
  for (const auto part : {parts::Part::atecc508a, parts::Part::atecc608a, parts::Part::atecc608b}) {
    SimulatedAdapter adapter(parts::jwt1(part, true));
    const auto signer = open_on(bus_of(adapter), settings_for(), limit);
    ASSERT_TRUE(signer) << signer.error().text();
    const KeyInfo& info = (*signer)->info();
    EXPECT_EQ(info.where, "/dev/i2c-1 0x60 slot 0");
    EXPECT_EQ(info.name, hex(sha256(info.public_key_der)));
    EXPECT_THAT(info.hardware, HasSubstr("ATECC"));
    EXPECT_THAT(info.hardware, HasSubstr("0123112233445566ee"));
    const auto signature = (*signer)->sign(view("input"));
    ASSERT_TRUE(signature) << signature.error().text();
    EXPECT_TRUE(verifies(Algorithm::es256, info.public_key_der, view("input"), *signature));
  }
}

TEST(Atecc608Holder, takes_a_trust_and_go_part_as_it_comes) {
  SimulatedAdapter adapter(parts::trust_and_go());
  const auto signer = open_on(bus_of(adapter), settings_for(0, 0x35), limit);
  ASSERT_TRUE(signer) << signer.error().text();
  const auto made = create_on(bus_of(adapter), settings_for(0, 0x35), limit);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::mismatch);
  EXPECT_THAT(made.error().hint, HasSubstr("Trust&GO"));
}

// Each chip here was locked by somebody as its maker configured it.
TEST(Atecc608Holder, takes_a_factory_configuration_that_was_locked_as_it_is) {
  for (const auto part : {parts::Part::atecc508a, parts::Part::atecc608a, parts::Part::atecc608b})
    for (const std::uint32_t slot : {0u, 1u, 2u}) {
      auto state = parts::blank(part);
      state.config[86] = state.config[87] = 0;
      SimulatedAdapter adapter(state);
      const auto made = create_on(bus_of(adapter), settings_for(slot), limit);
      ASSERT_TRUE(made) << made.error().text();
      const auto opened = open_on(bus_of(adapter), settings_for(slot), limit);
      ASSERT_TRUE(opened) << opened.error().text();
      EXPECT_EQ((*opened)->info().name, (*made)->info().name);
    }
}

TEST(Atecc608Holder, silence_at_one_address_says_where_a_chip_does_answer) {
  SimulatedAdapter adapter(parts::trust_and_go());
  const Error refused = refusal(adapter);
  EXPECT_THAT(refused.line(), HasSubstr("ATCA_WAKE_FAILED"));
  EXPECT_EQ(refused.hint, "a chip answers at 0x35: key.atecc608.address");
}

TEST(Atecc608Holder, a_blank_chip_and_one_with_open_data_are_refused) {
  SimulatedAdapter blank(parts::blank(parts::Part::atecc608b));
  EXPECT_EQ(refusal(blank).code, Code::unsupported);
  EXPECT_THAT(refusal(blank).line(), StartsWith("key: /dev/i2c-1 0x60: a blank chip"));
  auto open_data = parts::jwt1(parts::Part::atecc608b, true);
  open_data.config[86] = 0x55;
  SimulatedAdapter half(open_data);
  EXPECT_THAT(refusal(half).line(), HasSubstr("its data zone is not locked"));
  EXPECT_THAT(refusal(half).hint, HasSubstr("vouchgate atecc info"));
}

TEST(Atecc608Holder, a_slot_that_cannot_sign_is_named_with_the_reason) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  const Error refused = refusal(adapter, settings_for(8));
  EXPECT_EQ(refused.code, Code::unsupported);
  EXPECT_THAT(refused.line(), StartsWith("key: /dev/i2c-1 0x60 slot 8: "));
  EXPECT_THAT(refused.hint, HasSubstr("key.atecc608.slot: 0 or 1 could hold the key"));
  auto useless = parts::jwt1(parts::Part::atecc608b, true);
  useless.config[96] = useless.config[98] = 0x31;  // PubInfo off in both
  SimulatedAdapter misconfigured(useless);
  EXPECT_THAT(refusal(misconfigured).hint, HasSubstr("no other slot of this chip could hold the key either"));
}

TEST(Atecc608Holder, other_algorithms_are_refused_before_the_chip_is_touched) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  KeySettings settings = settings_for();
  settings.algorithm = "RS256";
  EXPECT_EQ(refusal(adapter, settings).code, Code::unsupported);
  EXPECT_EQ(adapter.transfers, 0u);
}

TEST(Atecc608Holder, create_makes_a_key_once_and_never_replaces_it) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, false));
  EXPECT_EQ(refusal(adapter).code, Code::not_found);
  EXPECT_THAT(refusal(adapter).hint, HasSubstr("key create"));
  const auto made = create_on(bus_of(adapter), settings_for(), limit);
  ASSERT_TRUE(made) << made.error().text();
  const Bytes key = (*made)->info().public_key_der;
  const auto again = create_on(bus_of(adapter), settings_for(), limit);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::mismatch);
  const auto opened = open_on(bus_of(adapter), settings_for(), limit);
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->info().public_key_der, key);
}

TEST(Atecc608Holder, create_in_a_slot_that_was_locked_empty_is_refused) {
  auto state = parts::jwt1(parts::Part::atecc608b, false);
  state.config[88] = 0xFE;
  SimulatedAdapter adapter(state);
  const auto made = create_on(bus_of(adapter), settings_for(), limit);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().line(), HasSubstr("slot 0: the slot is locked for ever, without a key in it"));
  EXPECT_EQ(refusal(adapter).line(), made.error().line()) << "no hint to make what cannot be made";
  EXPECT_THAT(refusal(adapter).hint, StartsWith("key.atecc608.slot: 1 could hold the key"));
}

TEST(Atecc608Holder, an_empty_slot_that_gets_no_key_says_so_at_once) {
  auto state = parts::jwt1(parts::Part::atecc608b, false);
  state.config[21] = 0x00;  // WriteConfig
  SimulatedAdapter adapter(state);
  EXPECT_THAT(refusal(adapter).line(),
              HasSubstr("slot 0: the slot is empty, and its configuration lets no key be made"));
  SimulatedBus bus(adapter);
  EXPECT_EQ(describe_on(bus, settings_for(), limit).error().line(), refusal(adapter).line());
}

TEST(Atecc608Holder, describes_the_key_as_the_slot_has_it) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  SimulatedBus bus(adapter);
  const auto key = describe_on(bus, settings_for(), limit);
  ASSERT_TRUE(key) << key.error().text();
  EXPECT_TRUE(key->ours());
  EXPECT_THAT(key->attributes, ::testing::ElementsAre("private", "external-sign", "can-be-replaced"));
}

TEST(Atecc608Holder, two_programs_take_turns) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  const auto one = open_on(bus_of(adapter), settings_for(), limit);
  const auto other = open_on(bus_of(adapter), settings_for(1), limit);
  ASSERT_TRUE(one);
  EXPECT_EQ(other.error().code, Code::not_found) << "slot 1 has no key";
  SimulatedBus greedy(adapter);
  ASSERT_TRUE(greedy.open(Bus::Time(0)));
  const auto begin = adapter.now;
  EXPECT_EQ((*one)->sign(view("x")).error().code, Code::busy);
  EXPECT_LE(adapter.now - begin, limit);
  greedy.close();
  EXPECT_TRUE((*one)->sign(view("x")));
}

// What a service's thread does with it: opened when it is first used, looked at anew after a failure.
class Atecc608Keeper : public ::testing::Test {
 protected:
  SimulatedAdapter adapter{parts::jwt1(parts::Part::atecc608b, true)};
  std::unique_ptr<Keeper> keeper = keep_on([this] { return bus_of(adapter); }, settings_for(), limit);
};

TEST_F(Atecc608Keeper, comes_back_when_the_adapter_does) {
  ASSERT_TRUE(keeper->sign(view("x")));
  adapter.chip.faults().inject(Fault::vanish, 1'000'000);
  EXPECT_FALSE(keeper->sign(view("x")));
  EXPECT_FALSE(keeper->sign(view("x")));
  adapter.chip.faults().clear();
  EXPECT_TRUE(keeper->sign(view("x")));
}

struct Lines : log::Sink {
  void write(const log::Line& line) override { said.push_back(line.text); }
  std::vector<std::string> said;
};

TEST_F(Atecc608Keeper, notices_another_chip_and_says_that_it_takes_it_with_its_own_key) {
  const auto lines = std::make_shared<Lines>();
  const auto previous = log::set_sink(lines);
  ASSERT_TRUE(keeper->sign(view("x")));
  adapter.chip.faults().inject(Fault::vanish);
  ASSERT_TRUE(keeper->sign(view("x"))) << "opened anew";
  EXPECT_TRUE(lines->said.empty()) << "and the key is the same";
  const Bytes before = keeper->info()->public_key_der;
  const std::string old_name = keeper->info()->name;
  SimulatedAdapter::State other = parts::jwt1(parts::Part::atecc608b, true, {1, 0x23, 9, 9, 9, 9, 9, 9, 0xEE});
  adapter.chip = parts::Chip(other);
  const auto signature = keeper->sign(view("x"));
  ASSERT_TRUE(signature) << signature.error().text();
  log::set_sink(previous);
  EXPECT_NE(keeper->info()->public_key_der, before);
  ASSERT_EQ(lines->said.size(), 1u);
  EXPECT_THAT(lines->said[0], StartsWith("key: /dev/i2c-1 0x60 slot 0: holds another key than before"));
  EXPECT_THAT(lines->said[0], ::testing::AllOf(HasSubstr(old_name), HasSubstr(keeper->info()->name)));
  EXPECT_TRUE(verifies(Algorithm::es256, keeper->info()->public_key_der, view("x"), *signature));
}

// As Linux's adapters do with a line that is held down: each transfer ends after a second, by a time-out.
TEST_F(Atecc608Keeper, a_bus_that_hangs_is_named_within_the_limit) {
  ASSERT_TRUE(keeper->sign(view("x")));
  adapter.hangs = true;
  for (int i = 0; i < 2; ++i) {
    const auto begin = adapter.now;
    const auto refused = keeper->sign(view("x"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "the bus hangs: each transfer lasts until the adapter gives up");
    EXPECT_LE(adapter.now - begin, limit) << "open before or not: " << i;
  }
  adapter.hangs = false;
  EXPECT_TRUE(keeper->sign(view("x")));
}

TEST_F(Atecc608Keeper, a_call_ends_within_three_times_the_limit_whatever_happens) {
  ASSERT_TRUE(keeper->sign(view("x")));
  for (const Fault fault : {Fault::nack, Fault::stuck_busy, Fault::lost_wake, Fault::brown_out}) {
    adapter.chip.faults().inject(fault, 1'000'000);
    const auto begin = adapter.now;
    EXPECT_FALSE(keeper->sign(view("x")));
    EXPECT_LT(adapter.now - begin, 3 * limit);
    adapter.chip.faults().clear();
    adapter.now += seconds(2);
    EXPECT_TRUE(keeper->sign(view("x")));
  }
}

int wanted_signatures() {
  const char* text = std::getenv("VOUCHGATE_SIGNATURES");
  return text == nullptr ? 10'000 : std::atoi(text);
}

TEST_F(Atecc608Keeper, ten_thousand_signatures_over_a_bad_bus_are_right_or_refused) {
  adapter.chip.faults().chance_of_everything(0.01);
  adapter.chip.faults().chance(Fault::self_test, 0);  // stays until the power goes off: nobody can mend that
  const int all = wanted_signatures();
  int wrong = 0;
  int refused = 0;
  Bus::Time longest{};
  for (int i = 0; i < all; ++i) {
    const std::string input = "message " + std::to_string(i);
    const auto begin = adapter.now;
    const auto signature = keeper->sign(view(input));
    longest = std::max(longest, adapter.now - begin);
    if (!signature)
      ++refused;
    else
      wrong += !verifies(Algorithm::es256, keeper->info()->public_key_der, view(input), *signature);
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(refused, all / 1000);
  EXPECT_LT(longest, 3 * limit);
  EXPECT_GT(adapter.chip.faults().injected(), static_cast<std::uint64_t>(all / 10));
  RecordProperty("refused", refused);
  RecordProperty("injected", static_cast<int>(adapter.chip.faults().injected()));
  RecordProperty("longest_ms", static_cast<int>(longest / milliseconds(1)));
}

// Tells the revision of an ATSHA204A, whose configuration is a shorter one.
class StrangersBus : public SimulatedBus {
 public:
  using SimulatedBus::SimulatedBus;
  Result<Transfer> read(std::uint8_t address, std::span<std::uint8_t> out) override {
    const auto got = SimulatedBus::read(address, out);
    Bytes revision{0x07, 0x00, 0x02, 0x00, 0x09, 0, 0};
    const std::uint16_t crc = zones::crc16(ByteView(revision).first(5));
    revision[5] = static_cast<std::uint8_t>(crc & 0xff);
    revision[6] = static_cast<std::uint8_t>(crc >> 8);
    if (out.size() == revision.size()) std::ranges::copy(revision, out.begin());
    return got;
  }
};

TEST(Atecc608Stranger, is_named_before_its_configuration_is_read) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  StrangersBus bus(adapter);
  const auto refused = with_chip(bus, {}, limit, [](Chip& chip) { return identify(chip); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unsupported);
  EXPECT_THAT(refused.error().line(), HasSubstr("is no ATECC508A or ATECC608 but an"));
}

}  // namespace
}  // namespace vouchgate::keys::atecc608
