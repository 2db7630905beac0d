// One thread for each check, so that a name server, a TPM or a file system that hangs costs its budget and no more.
#include "run.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "vouchgate/base/spell.hpp"

namespace vouchgate::cli::check {
namespace {

// Nothing: it did not end within `patience`.
std::optional<Finding> look(const std::function<Finding()>& function, std::chrono::milliseconds patience) {
  std::packaged_task<Finding()> task(function);
  auto answer = task.get_future();
  std::thread thread(std::move(task));
  if (answer.wait_for(patience) != std::future_status::ready) {
    thread.detach();
    return std::nullopt;
  }
  thread.join();
  try {
    return answer.get();
  } catch (const std::exception& problem) {
    return failed(std::string("cannot be looked at: ") + problem.what(), "is memory short?");
  }
}

}  // namespace

Outcome run_checks(const std::vector<Check>& checks, std::chrono::steady_clock::time_point deadline,
                   const std::function<void(const Finding&)>& told) {
  Outcome out;
  std::map<std::string, std::string> reasons;  // of what failed or was skipped: why others are skipped
  const auto examine = [&](const Check& check) {
    for (const std::string& need : check.needs)
      if (const auto found = reasons.find(need); found != reasons.end()) return skipped(found->second);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto patience = std::min(check.budget, left);
    if (patience.count() <= 0) return skipped("because no time is left");
    auto finding = look(check.look, patience);
    if (finding) return std::move(*finding);
    out.hung = true;
    return failed("no answer within " + spell(patience), check.if_hung);
  };
  for (const Check& check : checks) {
    Finding finding = examine(check);
    finding.id = check.id;
    if (finding.verdict == Verdict::failed) reasons[check.id] = "because " + check.id + " failed";
    if (finding.verdict == Verdict::skipped) reasons[check.id] = finding.what;
    told(finding);
    out.findings.push_back(std::move(finding));
  }
  return out;
}

}  // namespace vouchgate::cli::check
