// The daemon's answers as tables. Pure: JSON of the control socket in, text out.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vouchgate::cli {

std::string ledger_text(const nlohmann::json& ledger);    // "stored 5 = delivered 4 + pending 1 + expired 0"
std::string devices_text(const nlohmann::json& devices);  // a table
std::string device_text(const nlohmann::json& device);
std::string spool_text(const nlohmann::json& spool);        // the spool of a status
std::string audit_text(const nlohmann::json& books);        // a line for each device
std::string printable_payload(const std::string& encoded);  // of data_b64

}  // namespace vouchgate::cli
