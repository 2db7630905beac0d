// Cuts the status to what a page can show, and frames it.
#include "feed.hpp"

#include <algorithm>

#include "json.hpp"

namespace vouchgate::metrics {

std::string feed(Status status, std::size_t most_children, const std::function<std::string(const Status&)>& json,
                 const std::string& history, const std::string& recent) {
  Json states = Json::object();
  for (const ChildStatus& child : status.children) states[child.state] = states.value(child.state, 0) + 1;
  const Json children = {{"total", status.children.size()}, {"states", states}};
  if (status.children.size() > most_children) {
    std::ranges::stable_partition(status.children, [](const ChildStatus& child) { return child.state == "held-off"; });
    status.children.resize(most_children);
  }
  return "event: children\ndata: " + dump(children) + "\n\nevent: history\ndata: " + history +
         "\n\nevent: log\ndata: " + recent + "\n\ndata: " + json(status) + "\n\n";
}

}  // namespace vouchgate::metrics
