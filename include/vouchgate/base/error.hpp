// One error grammar for the whole product: `context: subject: reason`, a hint on a line of its own. Never logs.
#pragma once

#include <string>
#include <utility>

namespace vouchgate {

// What kind of failure it is, for code that must choose; the texts are for people.
enum class Code {
  invalid,      // the input is wrong and stays wrong
  not_found,    // what was named does not exist
  denied,       // exists, but not for this user or peer
  mismatch,     // exists, but is not what was pinned or expected
  too_large,    // over a stated limit
  full,         // no space left by policy or by the disk
  busy,         // try again soon
  timeout,      // no answer within the deadline
  unavailable,  // the device or peer is not there now; may come back
  unsupported,  // this holder, chip or dialect cannot do it
  corrupt,      // stored data does not check
  internal,     // a defect of ours
};

// The stable word of a code, as the child protocol and --json print it, e.g. "too-large".
const char* word(Code code);

struct Error {
  Code code = Code::internal;
  std::string context;  // which part speaks: "key", "spool", "devices[3].id"
  std::string subject;  // what it is about: a handle, a path, a device; may be empty
  std::string reason;   // one clause, lower case, no full stop
  std::string hint;     // what to do, may be empty

  // "context: subject: reason"
  std::string line() const;
  // line() and, if there is a hint, "\n  hint: ..."
  std::string text() const;
};

}  // namespace vouchgate
