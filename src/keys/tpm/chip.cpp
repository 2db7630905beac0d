// What the TPM says of its maker and its lockout. Reads capabilities and a public area; never authorises anything.
#include "context.hpp"
#include "holder.hpp"

namespace vouchgate::keys::tpm {
namespace {

// TPM 2.0 Part 2, 6.13: properties that change, from TPM2_PT_PERMANENT on.
void read(const TPMS_TAGGED_PROPERTY& property, ChipReport& out) {
  switch (property.property) {
    case TPM2_PT_PERMANENT: out.locked_out = (property.value & TPMA_PERMANENT_INLOCKOUT) != 0; return;
    case TPM2_PT_LOCKOUT_COUNTER: out.failures = property.value; return;
    case TPM2_PT_MAX_AUTH_FAIL: out.most_failures = property.value; return;
    case TPM2_PT_LOCKOUT_INTERVAL: out.forgives = std::chrono::seconds(property.value); return;
    default: return;
  }
}

}  // namespace

Result<ChipReport> inspect_chip(const KeySettings& settings) {
  const auto context = Context::open(settings.tpm.tcti);
  if (!context) return fail(context.error());
  TPMS_CAPABILITY_DATA* data = nullptr;
  TPMI_YES_NO more = 0;
  constexpr UINT32 count = TPM2_PT_LOCKOUT_RECOVERY - TPM2_PT_PERMANENT + 1;
  const TSS2_RC rc = Esys_GetCapability((*context)->get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                        TPM2_CAP_TPM_PROPERTIES, TPM2_PT_PERMANENT, count, &more, &data);
  if (rc != TSS2_RC_SUCCESS) return fail((*context)->failed(rc, settings.tpm.tcti));
  const Esys<TPMS_CAPABILITY_DATA> owner(data);
  ChipReport out;
  const TPML_TAGGED_TPM_PROPERTY& properties = data->data.tpmProperties;
  for (UINT32 i = 0; i < properties.count; ++i) read(properties.tpmProperty[i], out);
  out.hardware = (*context)->hardware();
  const auto parent = (*context)->persistent(settings.tpm.parent);
  if (!parent && parent.error().code != Code::not_found) return fail(parent.error());
  out.has_parent = parent.has_value();
  return out;
}

}  // namespace vouchgate::keys::tpm
