// Devices, the spool and its books as tables and short lines.
#include "daemon_tables.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "json_fields.hpp"
#include "quantity.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/spell.hpp"

namespace vouchgate::cli {
namespace {

using nlohmann::json;

std::string time(const json& object, const char* key) { return spell(std::chrono::milliseconds(number(object, key))); }
bool is_held(const json& child) { return text(child, "state") == "held-off"; }

std::string trouble_lines(const json& spool) {
  std::string out;
  const std::string state = text(spool, "state");
  if (!state.empty() && state != "ok") out += "          " + state + ": " + text(spool, "reason") + "\n";
  if (const auto kept = number(part(spool, "total"), "quarantined"); kept > 0)
    out += "          " + grouped(kept) + " in quarantine: vouchgate spool list\n";
  return out;
}

std::string audited(const std::string& name, const json& line) {
  const json& found = part(line, "found");
  std::string out = name + ": " + ledger_text(part(line, "ledger")) + "; on disk " + grouped(number(found, "pending")) +
                    " pending, " + grouped(number(found, "quarantined")) + " in quarantine, " +
                    grouped(number(line, "bytes_found")) + " bytes";
  if (!line.value("adds_up", false))
    out += "  <-- DOES NOT ADD UP (" + grouped(number(line, "bytes")) + " bytes booked)";
  return out + "\n";
}

std::string padded(std::string cell, std::size_t width) {
  cell.resize(std::max(width, cell.size()), ' ');
  return cell;
}

}  // namespace

std::string ledger_text(const json& ledger) {
  std::string out = "stored " + grouped(number(ledger, "stored")) + " = delivered " +
                    grouped(number(ledger, "delivered")) + " + pending " + grouped(number(ledger, "pending")) +
                    " + expired " + grouped(number(ledger, "expired"));
  for (const char* rare : {"dropped", "discarded", "quarantined"})
    if (number(ledger, rare) > 0) out += std::string(" + ") + rare + " " + grouped(number(ledger, rare));
  return out;
}

std::string spool_text(const json& spool) {
  return "state     " + text(spool, "state") + "\nspace     " + bytes_text(number(spool, "bytes")) + " of " +
         bytes_text(number(spool, "max_bytes")) + " · " + bytes_text(number(spool, "disk_free")) +
         " free on the file system\n" + trouble_lines(spool) + "ledger    " + ledger_text(part(spool, "total")) + "\n";
}

std::string audit_text(const json& books) {
  std::string out;
  for (const json& device : part(books, "devices")) out += audited(text(device, "device"), device);
  if (books.contains("total")) out += audited("total", part(books, "total"));
  return out + (books.value("adds_up", false) ? "adds up: nothing is missing\n" : "");
}

// Payloads that are text are shown as they are; others in base64, so that a terminal survives them.
std::string printable_payload(const std::string& encoded) {
  const auto decoded = from_base64(encoded);
  const std::string payload(decoded ? vouchgate::text(*decoded) : std::string_view());
  const bool is_text = is_utf8(payload) && std::none_of(payload.begin(), payload.end(), [](char c) {
                         return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
                       });
  return is_text ? payload : "(base64) " + encoded;
}

std::string devices_text(const json& devices) {
  std::size_t width = 8;
  for (const json& child : devices) width = std::max(width, text(child, "device").size() + 2);
  std::string out = padded("device", width) + padded("state", 12) + "local     pending  delivered  reason\n";
  for (const json& child : devices) {
    const json& ledger = part(child, "ledger");
    char counts[64];
    std::snprintf(counts, sizeof counts, "%5s  %10s %10s  ", grouped(number(child, "connections")).c_str(),
                  grouped(number(ledger, "pending")).c_str(), grouped(number(ledger, "delivered")).c_str());
    out += padded(text(child, "device"), width) + padded(text(child, "state"), 12) + counts;
    if (is_held(child)) out += text(child, "reason") + " (next try " + time(child, "next_try_ms") + ")";
    out.erase(out.find_last_not_of(' ') + 1);
    out += "\n";
  }
  return out;
}

std::string device_text(const json& device) {
  std::string out = "device    " + text(device, "device") + "\nstate     " + text(device, "state");
  if (is_held(device)) out += ": " + text(device, "reason") + " (next try " + time(device, "next_try_ms") + ")";
  return out + "\nlocal     " + grouped(number(device, "connections")) + " connections\nledger    " +
         ledger_text(part(device, "ledger")) + "\n";
}

}  // namespace vouchgate::cli
