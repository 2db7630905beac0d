// The chip's memory as a JSON file that survives a kill at any moment. Never takes a file it does not wholly
// understand.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "p256.hpp"
#include "state.hpp"
#include "strict_json.hpp"
#include "vouchgate/model/ids.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

constexpr std::string_view context = "chip state";
constexpr std::string_view format = "atecc608-state-1";
constexpr std::array<std::string_view, 8> fields{"format", "part", "config",   "otp",
                                                 "slots",  "keys", "counters", "latch"};
constexpr std::size_t largest_file = 64 * 1024;  // bytes; a state takes 4 KiB

// Reads fields until the first one that is wrong.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  const Json& at(const char* field, Json::value_t kind, std::size_t size) {
    static const Json none;
    const auto found = json_.find(field);
    const bool there =
        found != json_.end() && found->type() == kind && (kind == Json::value_t::string || found->size() == size);
    if (!there) wrong(std::string(field) + " is missing or not what it must be");
    return there ? *found : none;
  }
  void hex_into(const Json& value, std::span<std::uint8_t> out, const std::string& field) {
    const auto bytes = value.is_string() ? from_hex(value.get_ref<const std::string&>()) : Result<Bytes>(Bytes{});
    if (!bytes || bytes->size() != out.size())
      return wrong(field + " is not " + std::to_string(out.size()) + " bytes of hexadecimal digits");
    std::copy(bytes->begin(), bytes->end(), out.begin());
  }
  void wrong(std::string what) {
    if (why_.empty()) why_ = std::move(what);
  }
  const std::string& why() const { return why_; }

 private:
  const Json& json_;
  std::string why_;
};

void read_slots(Reader& reader, State& state) {
  const Json& slots = reader.at("slots", Json::value_t::array, slot_count);
  const Json& keys = reader.at("keys", Json::value_t::array, slot_count);
  if (!reader.why().empty()) return;
  for (unsigned slot = 0; slot < slot_count; ++slot) {
    state.slots[slot].resize(slot_bytes(slot));
    reader.hex_into(slots[slot], state.slots[slot], "slots[" + std::to_string(slot) + "]");
    if (keys[slot].is_null()) continue;
    const std::string field = "keys[" + std::to_string(slot) + "]";
    reader.hex_into(keys[slot], state.keys[slot].emplace(), field);
    if (!public_point(*state.keys[slot])) reader.wrong(field + " is no P-256 key");
  }
}

void read_counters(Reader& reader, State& state) {
  const Json& counters = reader.at("counters", Json::value_t::array, state.counters.size());
  for (std::size_t i = 0; i < counters.size(); ++i) {
    if (!counters[i].is_number_unsigned() || counters[i].get<std::uint64_t>() > 2097151)
      return reader.wrong("counters[" + std::to_string(i) + "] is not 0..2097151");
    state.counters[i] = counters[i].get<std::uint32_t>();
  }
}

// Commands go by the part, Info tells the revision.
void check_revision(Reader& reader, const State& state) {
  const std::uint8_t family = state.part == Part::atecc508a ? 0x50 : 0x60;
  if (state.config[6] != family) reader.wrong("config bytes 4 to 7 are the revision of another part");
}

void check_locks(Reader& reader, const State& state) {
  for (const std::size_t at : {86U, 87U})
    if (state.config[at] != 0 && state.config[at] != 0x55)
      reader.wrong("config byte " + std::to_string(at) + " is neither 00 (locked) nor 55");
  if (state.data_locked() && !state.config_locked()) reader.wrong("config: data locked before the configuration");
}

std::string read_all(const Json& json, State& state) {
  Reader reader(json);
  if (reader.at("format", Json::value_t::string, 0) != format) reader.wrong("format is not " + std::string(format));
  const Json& part = reader.at("part", Json::value_t::string, 0);
  const auto known = part.is_string() ? part_named(part.get_ref<const std::string&>()) : std::nullopt;
  if (!known) reader.wrong("part is not 508a, 608a or 608b");
  state.part = known.value_or(Part::atecc608b);
  reader.hex_into(reader.at("config", Json::value_t::string, 0), state.config, "config");
  reader.hex_into(reader.at("otp", Json::value_t::string, 0), state.otp, "otp");
  read_slots(reader, state);
  read_counters(reader, state);
  if (const auto latch = json.find("latch"); latch != json.end()) {
    if (!latch->is_boolean()) reader.wrong("latch is neither true nor false");
    state.latch = *latch == true;
  }
  check_revision(reader, state);
  check_locks(reader, state);
  for (const auto& [field, value] : json.items())
    if (std::find(fields.begin(), fields.end(), field) == fields.end())
      reader.wrong("there is a field '" + printable(field) + "', which means nothing here");
  return reader.why();
}

auto system_failure(const std::string& path, const char* what) {
  const int number = errno;
  const Code code = number == ENOENT                      ? Code::not_found
                    : number == EACCES || number == EPERM ? Code::denied
                                                          : Code::unavailable;
  return fail(code, std::string(context), path, std::string(what) + ": " + std::strerror(number));
}

bool write_and_sync(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}

bool sync_directory(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  return synced;
}

}  // namespace

std::string to_json(const State& state) {
  nlohmann::ordered_json json{
      {"format", format}, {"part", name(state.part)}, {"config", hex(state.config)}, {"otp", hex(state.otp)}};
  for (const Bytes& slot : state.slots) json["slots"].push_back(hex(slot));
  for (const auto& key : state.keys)
    json["keys"].push_back(key ? nlohmann::ordered_json(hex(*key)) : nlohmann::ordered_json());
  json["counters"] = state.counters;
  json["latch"] = state.latch;
  return json.dump(2) + "\n";
}

Result<State> from_json(std::string_view text, const std::string& path) {
  State state;
  std::string why;
  const auto json = parse_json(text, why);
  if (json) why = json->is_object() ? read_all(*json, state) : "not a JSON object";
  if (!why.empty())
    return fail(Code::corrupt, std::string(context), path, why, "restore the file, or remove it for a new chip");
  return state;
}

Result<State> load(const std::string& path) {
  // Without O_NONBLOCK a FIFO would keep us until somebody writes into it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat found {};
  if (file.value < 0 || ::fstat(file.value, &found) != 0) return system_failure(path, "cannot be read");
  if (!S_ISREG(found.st_mode)) return fail(Code::invalid, std::string(context), path, "is not a file");
  std::string text(largest_file + 1, '\0');
  std::size_t size = 0;
  for (ssize_t more = 1; more > 0 && size < text.size(); size += static_cast<std::size_t>(more)) {
    more = ::read(file.value, text.data() + size, text.size() - size);
    if (more < 0) return system_failure(path, "cannot be read");
  }
  if (size > largest_file) return fail(Code::too_large, std::string(context), path, "is larger than any chip's state");
  return from_json(std::string_view(text).substr(0, size), path);
}

Result<void> save(const State& state, const std::string& path) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());  // of one that was killed; made anew, so that its mode and its place are ours
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.value < 0) return system_failure(temporary, "cannot be made");
  const bool written = write_and_sync(file.value, to_json(state));
  const bool closed = ::close(std::exchange(file.value, -1)) == 0;
  if (!written || !closed) return system_failure(temporary, "cannot be written");
  if (std::rename(temporary.c_str(), path.c_str()) != 0 || !sync_directory(path))
    return system_failure(path, "cannot be replaced");
  return {};
}

Result<Descriptor> claim(const std::string& path) {
  const std::string name = path + ".lock";
  Descriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.value < 0) return system_failure(name, "cannot be made");
  if (::flock(file.value, LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return system_failure(name, "cannot be locked");
  return fail(Code::busy, std::string(context), path, "belongs to an emulator that is running",
              "end that one, or name another file");
}

}  // namespace vouchgate::emulator::atecc608
