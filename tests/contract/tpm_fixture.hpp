// A software TPM of the test's own and the settings of a key in it. Speaks to the TPM as another program would.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <tss2/tss2_esys.h>

#include <fstream>

#include "keys/tpm/context.hpp"
#include "swtpm.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys {

class TpmKey : public ::testing::Test {
 protected:
  TpmKey() {
    settings.tpm.tcti = swtpm.tcti();
    settings.tpm.key_file = swtpm.directory() + "/key.tss2.pem";
  }
  std::unique_ptr<tpm::Context> context() { return std::move(*tpm::Context::open(settings.tpm.tcti)); }
  std::string write(const std::string& name, const std::string& content, mode_t mode = 0600) {
    const std::string path = swtpm.directory() + "/" + name;
    std::ofstream(path) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string key_file() {
    std::ifstream file(settings.tpm.key_file);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // TPM_PT of TPM 2.0 Part 2, 6.13.
  UINT32 property(TPM2_PT which) {
    const auto tpm = context();
    TPMS_CAPABILITY_DATA* data = nullptr;
    TPMI_YES_NO more = 0;
    EXPECT_EQ(Esys_GetCapability(tpm->get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, which,
                                 1, &more, &data),
              0u);
    const tpm::Esys<TPMS_CAPABILITY_DATA> owner(data);
    return data->data.tpmProperties.tpmProperty[0].value;
  }
  // A failed try that counts would show here.
  UINT32 lockout_counter() { return property(TPM2_PT_LOCKOUT_COUNTER); }
  test::Swtpm swtpm;
  KeySettings settings;
};

}  // namespace vouchgate::keys
