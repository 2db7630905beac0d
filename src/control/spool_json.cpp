// Fields in the order in which a person wants them.
#include "spool_json.hpp"

#include "status_json.hpp"
#include "vouchgate/base/bytes.hpp"

namespace vouchgate::control {
namespace {

using control::json_of;  // the overloads below would hide it

std::int64_t milliseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Json json_of(const Quarantined& kept) {
  const Message& message = kept.record.message;
  return {{"seq", kept.record.seq},
          {"device", message.device.str()},
          {"kind", message.kind == Kind::event ? "event" : "state"},
          {"subfolder", message.subfolder.str()},
          {"size", message.payload.size()},
          {"reason", kept.reason},
          {"since_ms", milliseconds(kept.since)},
          {"stored_at_ms", milliseconds(kept.record.stored_at)}};
}

Json json_of(const AuditLine& line) {
  return {{"ledger", json_of(line.ledger)},
          {"found", {{"pending", line.pending_found}, {"quarantined", line.quarantined_found}}},
          {"bytes", line.bytes},
          {"bytes_found", line.bytes_found},
          {"adds_up", line.adds_up()}};
}

void add(AuditLine& total, const AuditLine& line) {
  for (const auto counter : {&Ledger::stored, &Ledger::delivered, &Ledger::pending, &Ledger::expired, &Ledger::dropped,
                             &Ledger::discarded, &Ledger::quarantined})
    total.ledger.*counter += line.ledger.*counter;
  total.pending_found += line.pending_found;
  total.quarantined_found += line.quarantined_found;
  total.bytes += line.bytes;
  total.bytes_found += line.bytes_found;
}

Json answer(const char* op, const std::string& id) {
  Json line = {{"op", op}};
  if (!id.empty()) line["id"] = id;
  return line;
}

}  // namespace

std::string list_line(const std::string& id, const std::vector<Quarantined>& kept) {
  Json line = answer("spool-list", id);
  line["messages"] = Json::array();
  std::size_t bytes = 0;
  for (const Quarantined& one : kept) {
    Json message = json_of(one);
    bytes += dump(message).size() + 1;
    if (bytes > listed_bytes && !line["messages"].empty()) break;
    line["messages"].push_back(std::move(message));
  }
  return dump(line);
}

std::string show_line(const std::string& id, const Quarantined& kept) {
  Json line = answer("spool-show", id);
  line.update(json_of(kept));
  line["data_b64"] = base64(view(kept.record.message.payload));
  return dump(line);
}

std::string audit_line(const std::string& id, const std::vector<AuditLine>& lines) {
  Json out = answer("spool-audit", id);
  bool all = true;
  AuditLine total;
  out["devices"] = Json::array();
  for (const AuditLine& line : lines) {
    all = all && line.adds_up();
    add(total, line);
    Json device = {{"device", line.device}};
    device.update(json_of(line));
    out["devices"].push_back(std::move(device));
  }
  out["total"] = json_of(total);
  out["adds_up"] = all;
  return dump(out);
}

}  // namespace vouchgate::control
