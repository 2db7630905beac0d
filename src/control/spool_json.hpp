// The spool's answers to an operator as JSON lines. Never a payload unless it was asked for by its number.
#pragma once

#include <string>
#include <vector>

#include "vouchgate/contract/spool.hpp"

namespace vouchgate::control {

constexpr std::size_t listed_at_once = 200;
constexpr std::size_t listed_bytes = 256 * 1024;  // of one line, but for its head

// Of `kept` as many as fit into a line, at least one. The list goes on after its last number, until it is empty.
std::string list_line(const std::string& id, const std::vector<Quarantined>& kept);
std::string show_line(const std::string& id, const Quarantined& kept);
std::string audit_line(const std::string& id, const std::vector<AuditLine>& lines);

}  // namespace vouchgate::control
