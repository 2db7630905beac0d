// What one check found. Values only: made by pure functions of facts, printed by the report.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace vouchgate::cli::check {

enum class Verdict { ok, warning, failed, skipped };
constexpr const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok: return "ok";
    case Verdict::warning: return "warning";
    case Verdict::failed: return "failed";
    case Verdict::skipped: return "skipped";
  }
  return "";
}

// What --fix can mend, and nothing else.
struct Repair {
  enum class Kind {
    make_directory,  // path, user, mode
    set_owner,       // path, user
    set_mode,        // path, mode
    join_group,      // user, group
  };
  Kind kind = Kind::set_mode;
  std::string path, user, group;
  mode_t mode = 0;
  std::string text() const;  // one sentence without a full stop: "give /a/b to vouchgate"
};

struct Finding {
  Verdict verdict = Verdict::ok;
  std::string what;  // what was looked at and found; skipped: why
  std::string hint;  // failed and warning: what to do
  std::vector<Repair> repairs;
  std::string id;  // set by the run
};

inline Finding ok(std::string what) { return {Verdict::ok, std::move(what), {}, {}, {}}; }
inline Finding warning(std::string what, std::string hint) {
  return {Verdict::warning, std::move(what), std::move(hint), {}, {}};
}
inline Finding failed(std::string what, std::string hint) {
  return {Verdict::failed, std::move(what), std::move(hint), {}, {}};
}
inline Finding skipped(std::string because) { return {Verdict::skipped, std::move(because), {}, {}, {}}; }

}  // namespace vouchgate::cli::check
