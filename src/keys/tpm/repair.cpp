// The two repairs of a bare TPM that the policy (recovery.hpp) may ask for. Never touches what is not ours.
#include "context.hpp"
#include "rc_map.hpp"

namespace vouchgate::keys::tpm {

Result<void> Context::start_up() {
  const TSS2_RC rc = Esys_Startup(esys_, TPM2_SU_CLEAR);
  if (rc != TSS2_RC_SUCCESS && tpm_code(rc) != TPM2_RC_INITIALIZE) return fail(failed(rc, "starting the TPM"));
  return {};
}

// A handle does not say who loaded the object; its Name does, for this key exists nowhere else (fixedTPM).
int Context::sweep(const Bytes& name) {
  TPMS_CAPABILITY_DATA* data = nullptr;
  TPMI_YES_NO more = 0;
  if (Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, TPM2_TRANSIENT_FIRST,
                         TPM2_MAX_CAP_HANDLES, &more, &data) != TSS2_RC_SUCCESS)
    return 0;
  const Esys<TPMS_CAPABILITY_DATA> owner(data);
  int flushed = 0;
  for (UINT32 i = 0; i < data->data.handles.count; ++i) {
    const auto object = persistent(data->data.handles.handle[i]);
    if (!object) continue;
    ESYS_TR handle = object->handle;
    if (object->name != name)
      Esys_TR_Close(esys_, &handle);
    else if (Esys_FlushContext(esys_, handle) == TSS2_RC_SUCCESS)
      ++flushed;
  }
  return flushed;
}

}  // namespace vouchgate::keys::tpm
