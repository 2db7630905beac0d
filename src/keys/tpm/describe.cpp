// Says what lies at the handle, also when it is somebody else's. Reads public areas only.
#include "context.hpp"
#include "holder.hpp"
#include "key_file.hpp"
#include "templates.hpp"

namespace vouchgate::keys::tpm {
namespace {

std::string algorithm_of(const TPM2B_PUBLIC& area) {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ps256})
    if (signs(area, algorithm)) return std::string(word(algorithm));
  return "other";
}

// TPM 2.0 Part 2, 8.3; words as tpm2-tools prints them.
std::vector<std::string> attributes_of(const TPM2B_PUBLIC& area) {
  struct Attribute {
    TPMA_OBJECT bit;
    const char* word;
  };
  constexpr Attribute known[] = {{TPMA_OBJECT_FIXEDTPM, "fixedtpm"},
                                 {TPMA_OBJECT_STCLEAR, "stclear"},
                                 {TPMA_OBJECT_FIXEDPARENT, "fixedparent"},
                                 {TPMA_OBJECT_SENSITIVEDATAORIGIN, "sensitivedataorigin"},
                                 {TPMA_OBJECT_USERWITHAUTH, "userwithauth"},
                                 {TPMA_OBJECT_ADMINWITHPOLICY, "adminwithpolicy"},
                                 {TPMA_OBJECT_NODA, "noda"},
                                 {TPMA_OBJECT_RESTRICTED, "restricted"},
                                 {TPMA_OBJECT_DECRYPT, "decrypt"},
                                 {TPMA_OBJECT_SIGN_ENCRYPT, "sign"}};
  std::vector<std::string> out;
  for (const Attribute& attribute : known)
    if ((area.publicArea.objectAttributes & attribute.bit) != 0) out.emplace_back(attribute.word);
  return out;
}

}  // namespace

Result<Description> describe(const KeySettings& settings) {
  const TpmSettings& tpm = settings.tpm;
  const auto context = Context::open(tpm.tcti);
  if (!context) return fail(context.error());
  const auto file = read_key_file(tpm.key_file);
  if (!file && file.error().code != Code::not_found) return fail(file.error());
  const auto there = (*context)->persistent(tpm.handle);
  if (!there && there.error().code != Code::not_found) return fail(there.error());
  if (!there && !file)
    return fail(Code::not_found, "key", handle_text(tpm.handle), "there is no key yet",
                "'vouchgate key create' makes one");
  Description out;
  out.holder = "tpm";
  out.where = handle_text(tpm.handle);
  out.present = there.has_value();
  out.hardware = (*context)->hardware();
  if (file) out.pinned_name = hex(name_of(file->area));
  const TPM2B_PUBLIC& area = there ? there->area : file->area;
  out.name = there ? hex(there->name) : out.pinned_name;
  out.algorithm = algorithm_of(area);
  out.attributes = attributes_of(area);
  return out;
}

}  // namespace vouchgate::keys::tpm
