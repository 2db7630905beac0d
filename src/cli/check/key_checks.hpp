// tpm.present, tpm.answers, key.present, key.pinned, tpm.lockout, key.signs. Pure: facts in, findings out.
#pragma once

#include <string>

#include "finding.hpp"
#include "live.hpp"
#include "places.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::cli::check {

// What stands behind a TCTI of the words device: and swtpm:path=; empty for others.
std::string file_of_tcti(const std::string& tcti);

Finding judge_tpm_present(const std::string& tcti, const Seen& seen);
Finding judge_tpm_answers(const Result<keys::ChipReport>& chip);
// `has_parent` false: the storage root key is not there either.
Finding judge_key_present(const Result<keys::Description>& key, bool has_parent);
Finding judge_key_pinned(const Result<keys::Description>& key);
Finding judge_lockout(const Result<keys::ChipReport>& chip);

struct Signature {
  std::string algorithm, holder, where;
  Duration took{};
  bool verifies = false;
};
Finding judge_signature(const Result<Signature>& signature);

// The running daemon's word for tpm.answers, key.present, key.pinned and key.signs: it opens no key but the pinned one.
Finding judge_live_key(const Live& live);

}  // namespace vouchgate::cli::check
