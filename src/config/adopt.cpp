// What a newly read configuration changes in the running one. Never touches a key that waits for a restart.
#include <utility>
#include <variant>

#include "visitor.hpp"
#include "vouchgate/config/config.hpp"

namespace vouchgate::config {
namespace {

// Walks the wanted settings first and notes their values, then the running ones in the same order.
class Adopter : public Visitor {
 public:
  std::vector<Change> changes;

  void begin_running() { running_ = true; }

  bool enter(const char* key, const char*) override {
    path_.push_back(path_of(key));
    return true;
  }
  void leave() override { path_.pop_back(); }
  void text(const char* key, std::string& value, const char*) override { see(key, value); }
  void word(const char* key, std::string& value, const std::vector<std::string>&, const char*) override {
    see(key, value);
  }
  void duration(const char* key, Duration& value, DurationRange, const char*) override { see(key, value); }
  void number(const char* key, std::uint64_t& value, NumberRange, Style, const char*) override { see(key, value); }
  void texts(const char* key, std::vector<std::string>& value, const char*) override { see(key, value); }
  void text_map(const char* key, std::map<std::string, std::string>& value, const char*) override { see(key, value); }
  void devices(const char* key, std::vector<DeviceSettings>& value, DescribeDevice, const char*) override {
    see(key, value);
  }

 private:
  std::string path_of(const char* key) const { return path_.empty() ? key : path_.back() + "." + key; }

  template <class T>
  void see(const char* key, T& value) {
    const bool is_live = take_live();
    if (!running_) {
      wanted_.emplace_back(value);
      return;
    }
    const T& wanted = std::get<T>(wanted_[next_++]);
    if (value == wanted) return;
    changes.push_back({path_of(key), is_live});
    if (is_live) value = wanted;
  }

  using Value = std::variant<std::string, Duration, std::uint64_t, std::vector<std::string>,
                             std::map<std::string, std::string>, std::vector<DeviceSettings>>;
  std::vector<Value> wanted_;
  std::size_t next_ = 0;
  std::vector<std::string> path_;
  bool running_ = false;
};

}  // namespace

std::vector<Change> adopt(Settings& running, const Settings& wanted) {
  Adopter adopter;
  Settings copy = wanted;
  describe(adopter, copy, {});
  adopter.begin_running();
  describe(adopter, running, {});
  return std::move(adopter.changes);
}

}  // namespace vouchgate::config
