// The status as a person reads it on one screen. Pure: JSON of the control socket in, text out.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vouchgate::cli {

std::string status_text(const nlohmann::json& status);
// The rates between two snapshots of one daemon, one line.
std::string rates_text(const nlohmann::json& before, const nlohmann::json& now);
std::string devices_text(const nlohmann::json& devices);  // a table
std::string device_text(const nlohmann::json& device);
std::string spool_text(const nlohmann::json& spool);        // the spool of a status
std::string audit_text(const nlohmann::json& books);        // a line for each device
std::string printable_payload(const std::string& encoded);  // of data_b64

}  // namespace vouchgate::cli
