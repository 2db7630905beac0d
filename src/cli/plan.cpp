// The arithmetic of a plan and its warnings. What is measured and what is assumed stands beside each constant.
#include "plan.hpp"

#include <algorithm>
#include <cmath>

#include "quantity.hpp"
#include "vouchgate/base/spell.hpp"
#include "vouchgate/model/message.hpp"

namespace vouchgate::cli {
namespace {

// Bytes that a record costs against spool.max_bytes besides its payload, as the spool counts them.
constexpr double fixed_cost = 64;
constexpr double seconds_a_day = 86400;
constexpr double longest_seconds = 3.2e9;  // a century: beyond it a figure says nothing
constexpr double most_bytes = 1e18;        // likewise
// What the flash's own controller writes for one byte that it is given. Assumed: data sheets seldom tell.
constexpr double controller_amplification = 2;
constexpr double fewest_years = 5;

// Measured by tests/bench on ext4: bytes written for one of payload at so many messages a second of 256 bytes.
struct Point {
  double rate, amplification;
};
constexpr double measured_size = 256;
constexpr Point measured[] = {{100, 26}, {2000, 4.7}, {10000, 4.9}};

Duration duration_of(double seconds) {
  return Duration(static_cast<Duration::rep>(std::clamp(seconds, 0.0, longest_seconds) * 1000));
}

// Children take no more than their share each, so a few of them may leave some of the spool empty.
std::uint64_t share_of(const PlanInput& in) {
  const std::uint64_t share = in.devices <= 1 ? 100 : in.spool.device_share;
  const std::uint64_t percent = std::min<std::uint64_t>(100, share * std::max<std::uint64_t>(1, in.devices));
  return in.spool.max_bytes / 100 * percent + in.spool.max_bytes % 100 * percent / 100;
}

std::uint64_t room_on_disk(const PlanInput& in) {
  const std::uint64_t all = in.disk_free + in.held;
  return all > in.spool.min_free ? all - in.spool.min_free : 0;
}

// What is above the measured size is written as cheaply as at a high rate; what is below costs its pages all the same.
double written_for_one(double rate, double size) {
  return amplification_at(rate) * measured_size + measured[1].amplification * std::max(0.0, size - measured_size);
}

// Messages a second that the cloud takes from one connection.
double cloud_rate(const PlanInput& in) {
  double most = HUGE_VAL;
  if (in.limits.messages_per_second > 0) most = in.limits.messages_per_second;
  if (in.limits.bytes_per_second > 0 && in.size > 0)
    most = std::min(most, static_cast<double>(in.limits.bytes_per_second) / static_cast<double>(in.size));
  return most;
}

std::string rate_text(double rate) {
  return rate >= 10 ? grouped(static_cast<std::uint64_t>(rate)) : std::to_string(rate).substr(0, 4);
}

void warn_of_space(const PlanInput& in, Plan& out) {
  if (room_on_disk(in) < in.spool.max_bytes)
    out.warnings.push_back({"spool.max_bytes is " + bytes_text(in.spool.max_bytes) + ", but the file system leaves " +
                                bytes_text(room_on_disk(in)) + " above spool.min_free",
                            "lower spool.max_bytes to what is there, or free the space"});
  if (share_of(in) < in.spool.max_bytes)
    out.warnings.push_back({std::to_string(in.devices) + " children with spool.device_share " +
                                std::to_string(in.spool.device_share) + " cannot fill the spool",
                            "raise spool.device_share"});
  if (out.full_after < in.spool.max_age)
    out.warnings.push_back(
        {"spool.max_age is " + spell(in.spool.max_age) + ", but the spool is full after " + spell(out.full_after),
         in.spool.when_full == "refuse" ? "children are refused from then on; raise spool.max_bytes, or send less"
                                        : "the oldest are dropped from then on; raise spool.max_bytes, or send less"});
}

void warn_of_rate(const PlanInput& in, Plan& out) {
  if (in.size > max_event_bytes)
    out.warnings.push_back({"a message of " + bytes_text(in.size) + " is larger than the cloud takes",
                            "at most " + bytes_text(max_event_bytes) + " for an event"});
  if (out.drain == Duration(0))
    out.warnings.push_back({"the cloud takes " + rate_text(cloud_rate(in)) + " messages a second and " +
                                rate_text(in.rate) + " come in: the spool never drains",
                            "see cloud.limits, or send fewer and larger messages"});
  if (out.flash_years < fewest_years)
    out.warnings.push_back({"this writing wears the flash out in less than " +
                                std::to_string(static_cast<int>(fewest_years)) + " years (estimate)",
                            "children with ack: delivered spare the disk while the cloud answers; fewer, larger "
                            "messages write less"});
}

}  // namespace

const std::vector<FlashClass>& flash_classes() {
  static const std::vector<FlashClass> all = {
      {"sd-card", 500, "SD card for consumers"},
      {"emmc", 3000, "eMMC, MLC"},
      {"industrial", 20000, "industrial SD card or eMMC in pSLC mode"},
      {"ssd", 1000, "SSD, TLC"},
  };
  return all;
}

double amplification_at(double rate) {
  const Point* last = std::end(measured) - 1;
  // Below the first point each message soon has a commit of its own: twice the bytes, and no more than that.
  if (rate <= measured[0].rate) return measured[0].amplification * std::min(2.0, measured[0].rate / rate);
  if (rate >= last->rate) return last->amplification;
  const Point* above = std::find_if(std::begin(measured), last, [&](const Point& point) { return rate < point.rate; });
  const Point& low = above[-1];
  const double part = std::log(rate / low.rate) / std::log(above->rate / low.rate);
  return low.amplification * std::pow(above->amplification / low.amplification, part);
}

Plan plan(const PlanInput& in) {
  Plan out;
  const double size = static_cast<double>(in.size);
  out.capacity = std::min(share_of(in), room_on_disk(in));
  const double fit = static_cast<double>(out.capacity) / (size + fixed_cost);
  out.messages = static_cast<std::uint64_t>(fit);
  out.full_after = duration_of(fit / in.rate);
  out.autonomy = std::min(out.full_after, in.spool.max_age);
  const double written = written_for_one(in.rate, size);
  out.amplification = written / std::max(1.0, size);
  out.written_a_day = std::min(written * in.rate * seconds_a_day, most_bytes);
  out.flash_years =
      in.flash.cycles * static_cast<double>(in.disk_size) / (out.written_a_day * controller_amplification * 365);
  const double spare = cloud_rate(in) - in.rate;
  if (spare > 0) out.drain = std::max(Duration(1), duration_of(fit / spare));
  warn_of_space(in, out);
  warn_of_rate(in, out);
  return out;
}

}  // namespace vouchgate::cli
