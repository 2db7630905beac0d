// JSON to strings in one pass. Never accepts a key twice: two readers would see two different messages.
#include "fields.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "vouchgate/model/ids.hpp"

namespace vouchgate::ingress {
namespace {

constexpr int max_depth = 16;
constexpr std::size_t max_unknown_keys = 64;

class Reader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Reader(Fields& fields) : fields_(fields) {}
  std::optional<Error> problem;

  bool null() override { return scalar(); }
  bool boolean(bool) override { return scalar(); }
  bool number_integer(number_integer_t) override { return scalar(); }
  bool number_unsigned(number_unsigned_t) override { return scalar(); }
  bool number_float(number_float_t, const string_t&) override { return scalar(); }
  bool binary(binary_t&) override { return scalar(); }
  bool string(string_t& value) override {
    if (depth_ == 0) return refuse("line", "is not a JSON object");
    if (depth_ == 1 && known_ < key_words.size()) fields_.values[known_] = std::move(value);
    return true;
  }
  bool start_object(std::size_t) override {
    if (depth_ > 0 && !scalar()) return false;
    return deeper();
  }
  bool start_array(std::size_t) override { return scalar() && deeper(); }
  bool end_object() override { return --depth_ >= 0; }
  bool end_array() override { return --depth_ >= 0; }
  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    known_ = static_cast<std::size_t>(std::find(key_words.begin(), key_words.end(), name) - key_words.begin());
    const bool again = known_ < key_words.size() ? std::exchange(seen_[known_], true)
                                                 : std::find(unknown_.begin(), unknown_.end(), name) != unknown_.end();
    if (again) return refuse(printable(name), "given twice");
    if (known_ == key_words.size()) {
      if (unknown_.size() == max_unknown_keys) return refuse("line", "has too many unknown keys");
      unknown_.push_back(std::move(name));
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    return refuse("line", "is not JSON at byte " + std::to_string(position));
  }

 private:
  bool refuse(std::string context, std::string reason) {
    problem = Error{Code::invalid, std::move(context), "", std::move(reason), ""};
    return false;
  }
  // A value that is not a string: fine below unknown keys only.
  bool scalar() {
    if (depth_ == 0) return refuse("line", "is not a JSON object");
    if (depth_ == 1 && known_ < key_words.size()) return refuse(std::string(key_words[known_]), "is not a string");
    return true;
  }
  bool deeper() {
    if (++depth_ > max_depth) return refuse("line", "is nested too deep");
    return true;
  }

  Fields& fields_;
  int depth_ = 0;
  std::size_t known_ = key_words.size();
  std::array<bool, key_words.size()> seen_{};
  std::vector<std::string> unknown_;
};

}  // namespace

Result<void> read_fields(std::string_view text, Fields& fields) {
  Reader reader(fields);
  const bool whole = nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &reader);
  if (reader.problem) return fail(std::move(*reader.problem));
  if (!whole) return fail(Code::invalid, "line", "", "is not JSON");
  return {};
}

}  // namespace vouchgate::ingress
