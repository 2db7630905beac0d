// One turn of /events as text (WHATWG HTML, 9.2 Server-sent events). Pure: values in, text out.
#pragma once

#include <functional>
#include <string>

#include "vouchgate/contract/status.hpp"

namespace vouchgate::metrics {

// The status as a plain message; children beyond `most_children` are left out of it, those that are held off last.
// "children" counts all of them by state; "history" and "log" carry the given lines.
std::string feed(Status status, std::size_t most_children, const std::function<std::string(const Status&)>& json,
                 const std::string& history, const std::string& recent);

}  // namespace vouchgate::metrics
