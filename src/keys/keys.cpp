// The table of key holders: the word in the YAML, the help text and the error all come from here.
#include "vouchgate/keys/keys.hpp"

#include <algorithm>

#include "atecc608/holder.hpp"
#include "file/holder.hpp"
#include "keeper.hpp"
#include "tpm/holder.hpp"

namespace vouchgate::keys {
namespace {

struct Row {
  const char* word;
  const char* help;
  std::vector<std::string> algorithms;
  Result<std::unique_ptr<Signer>> (*open)(const KeySettings&);
  Result<std::unique_ptr<Signer>> (*create)(const KeySettings&);
  Result<void> (*remove)(const KeySettings&);
  Result<Description> (*describe)(const KeySettings&);
  Result<ChipReport> (*inspect_chip)(const KeySettings&);  // null: there is no chip
  std::unique_ptr<Keeper> (*keep)(const KeySettings&, Duration);
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"tpm",
       "a TPM 2.0",
       {"ES256", "ES384", "RS256", "PS256"},
       tpm::open,
       tpm::create,
       tpm::remove,
       tpm::describe,
       tpm::inspect_chip,
       tpm::keep},
      {"atecc608",
       "an ATECC508A or ATECC608",
       {"ES256"},
       atecc608::open,
       atecc608::create,
       atecc608::remove,
       atecc608::describe,
       nullptr,
       atecc608::keep},
      {"file",
       "a PEM file, for test benches",
       {"ES256", "ES384", "RS256", "PS256"},
       file::open,
       file::create,
       file::remove,
       file::describe,
       nullptr,
       file::keep},
  };
  return rows;
}

Result<const Row*> find(const KeySettings& settings) {
  const auto row = std::ranges::find(table(), settings.holder, &Row::word);
  std::string words;
  for (const Row& known : table()) words += (words.empty() ? "" : ", ") + std::string(known.word);
  if (row == table().end()) return fail(Code::unsupported, "key.holder", settings.holder, "unknown", "one of " + words);
  if (std::ranges::find(row->algorithms, settings.algorithm) == row->algorithms.end())
    return fail(Code::unsupported, "key.algorithm", settings.algorithm,
                std::string("not one that ") + row->help + " signs with");
  return &*row;
}

}  // namespace

Result<std::unique_ptr<Signer>> open(const KeySettings& settings) {
  const auto row = find(settings);
  if (!row) return fail(row.error());
  return (*row)->open(settings);
}

Result<std::unique_ptr<Signer>> create(const KeySettings& settings) {
  const auto row = find(settings);
  if (!row) return fail(row.error());
  return (*row)->create(settings);
}

Result<void> remove(const KeySettings& settings) {
  const auto row = find(settings);
  if (!row) return fail(row.error());
  return (*row)->remove(settings);
}

Result<Description> describe(const KeySettings& settings) {
  const auto row = find(settings);
  if (!row) return fail(row.error());
  return (*row)->describe(settings);
}

Result<ChipReport> inspect_chip(const KeySettings& settings) {
  const auto row = find(settings);
  if (!row) return fail(row.error());
  if ((*row)->inspect_chip == nullptr)
    return fail(Code::unsupported, "tpm", "", std::string("key.holder ") + (*row)->word + " has no TPM");
  return (*row)->inspect_chip(settings);
}

Result<std::unique_ptr<Keeper>> keep(const KeySettings& settings, Duration limit) {
  const auto row = find(settings);
  if (!row) return fail(row.error());
  return (*row)->keep(settings, limit);
}

const std::vector<Holder>& holders() {
  static const std::vector<Holder> all = [] {
    std::vector<Holder> out;
    for (const Row& row : table()) out.push_back({row.word, row.help, row.algorithms});
    return out;
  }();
  return all;
}

}  // namespace vouchgate::keys
