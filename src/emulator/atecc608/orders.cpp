// Reads orders for faults strictly: an order that is half understood would make a test that tests nothing.
#include "orders.hpp"

#include "strict_json.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

auto wrong(std::string what) {
  return fail(Code::invalid, "control", "", std::move(what), R"(such as {"fault":"nack","count":3})");
}

bool number(const Json& order, const char* key, std::uint64_t& out) {
  if (!order.contains(key)) return true;
  if (!order[key].is_number_unsigned()) return false;
  out = order[key].get<std::uint64_t>();
  return true;
}

bool is_probability(const Json& value) {
  return value.is_number() && value.get<double>() >= 0 && value.get<double>() <= 1;
}

Result<std::string_view> fault_by_chance(const Json& order, std::optional<Fault> fault, Faults& faults) {
  const Json& value = order["probability"];
  if (!is_probability(value) || order.size() != 2)
    return wrong("beside fault a probability stands alone, a number from 0 to 1");
  if (fault)
    faults.chance(*fault, value.get<double>());
  else
    faults.chance_of_everything(value.get<double>());
  return std::string_view("ordered");
}

Result<std::string_view> fault_order(const Json& order, Faults& faults) {
  const std::string named = order["fault"].is_string() ? order["fault"].get<std::string>() : "";
  const auto fault = fault_named(named);
  const bool chance = order.contains("probability"), everything = named == "everything" && chance;
  if (!fault && !everything) return wrong("there is no fault '" + named + "'");
  if (chance) return fault_by_chance(order, fault, faults);
  std::uint64_t count = 1, skip = 0;
  const std::size_t known = 1U + order.contains("count") + order.contains("skip");
  if (!number(order, "count", count) || !number(order, "skip", skip) || order.size() != known)
    return wrong("beside fault there are count and skip, whole numbers, or probability");
  faults.inject(*fault, count, skip);
  return std::string_view("ordered");
}

}  // namespace

Result<std::string_view> carry_out(std::string_view line, Faults& faults) {
  std::string why;
  const auto order = parse_json(line, why);
  if (!order) return wrong(why);
  if (!order->is_object()) return wrong("an order is an object");
  if (order->contains("fault")) return fault_order(*order, faults);
  if (*order == Json{{"counts", true}}) return std::string_view("counts");
  if (*order != Json{{"clear", true}}) return wrong("an order has fault, clear or counts");
  faults.clear();
  return std::string_view("cleared");
}

}  // namespace vouchgate::emulator::atecc608
