// The journal as a log sink: one sd_journal_sendv(3) a line, fields as fields. Never writes to stderr as well.
#include <sys/stat.h>
#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION  // lines are named by MESSAGE_ID; a source line says nothing to an operator
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>

#include "journal_fields.hpp"
#include "vouchgate/service/service.hpp"

namespace vouchgate::service {
namespace {

class JournalSink : public log::Sink {
 public:
  void write(const log::Line& line) override {
    auto fields = journal_fields(line);
    std::vector<iovec> parts;
    parts.reserve(fields.size());
    for (std::string& field : fields) parts.push_back({field.data(), field.size()});
    ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
  }
};

// systemd.exec(5): JOURNAL_STREAM is device:inode of the stream it connected; a redirected stderr differs.
bool stderr_is_the_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat about {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &about) != 0) return false;
  return std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino) == stream;
}

}  // namespace

std::vector<std::string> journal_fields(const log::Line& line) {
  std::vector<std::string> out;
  out.reserve(line.fields.size() + 3);
  out.push_back("MESSAGE=" + line.text);
  out.push_back("PRIORITY=" + std::to_string(static_cast<int>(line.event.level)));
  out.push_back("MESSAGE_ID=" + std::string(line.event.message_id));
  for (const log::Field& field : line.fields) {
    std::string name = "VOUCHGATE_";
    for (const char c : field.key) name += (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
    out.push_back(name + "=" + field.value);
  }
  return out;
}

std::shared_ptr<log::Sink> journal_sink() {
  return stderr_is_the_journal() ? std::make_shared<JournalSink>() : nullptr;
}

}  // namespace vouchgate::service
