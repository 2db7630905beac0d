// ESAPI calls with their return codes mapped. Never calls without a limit.
#include "context.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <tss2/tss2_mu.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

#include "../crypto.hpp"
#include "quiet.hpp"
#include "rc_map.hpp"

namespace vouchgate::keys::tpm {
namespace {

// The library says only "I/O error" for both; an operator needs to know which.
Result<void> check_device(const std::string& tcti) {
  constexpr std::string_view prefix = "device:";
  if (!tcti.starts_with(prefix)) return {};
  const std::string path = tcti.substr(prefix.size());
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0) return {};
  if (errno != EACCES)
    return fail(Code::unavailable, "tpm", path, "is not there",
                "no TPM is enabled, or its driver is not loaded; 'ls /dev/tpm*', firmware setup, device tree");
  const passwd* user = ::getpwuid(::geteuid());
  const std::string who = user != nullptr ? user->pw_name : std::to_string(::geteuid());
  return fail(Code::denied, "tpm", path, "permission denied for user " + who,
              "add it to group tss: usermod -aG tss " + who + ", then start the service again");
}

}  // namespace

std::string handle_text(TPM2_HANDLE handle) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", handle);
  return text;
}

Bytes name_of(const TPM2B_PUBLIC& area) {
  Bytes marshalled(sizeof(TPMT_PUBLIC) * 2);
  std::size_t size = 0;
  if (Tss2_MU_TPMT_PUBLIC_Marshal(&area.publicArea, marshalled.data(), marshalled.size(), &size) != TSS2_RC_SUCCESS)
    return {};
  marshalled.resize(size);
  Bytes name{static_cast<std::uint8_t>(area.publicArea.nameAlg >> 8),
             static_cast<std::uint8_t>(area.publicArea.nameAlg)};
  const Bytes digest = sha256(marshalled);  // only nameAlg SHA-256 is ever ours
  name.insert(name.end(), digest.begin(), digest.end());
  return name;
}

Result<std::unique_ptr<Context>> Context::open(const std::string& tcti, std::chrono::milliseconds limit) {
  quiet_library();
  if (tcti.empty()) return fail(Code::invalid, "tpm", "key.tpm.tcti", "is empty", "e.g. device:/dev/tpmrm0");
  if (auto device = check_device(tcti); !device) return fail(device.error());
  auto line = open_line(tcti);
  if (!line) return fail(line.error());
  std::unique_ptr<Context> context(new Context(tcti, std::move(*line), limit));
  if (const TSS2_RC rc = Esys_Initialize(&context->esys_, context->wire_.tcti(), nullptr); rc != TSS2_RC_SUCCESS)
    return fail(explain(rc, tcti));
  return context;
}

Context::Context(std::string tcti, std::unique_ptr<Line> line, std::chrono::milliseconds limit)
    : tcti_(std::move(tcti)),
      wire_(std::move(line), limit, [](std::chrono::milliseconds pause) { std::this_thread::sleep_for(pause); }) {}

Context::~Context() {
  while (!loaded_.empty()) flush(loaded_.back());
  if (esys_ != nullptr) Esys_Finalize(&esys_);
}

Error Context::failed(TSS2_RC rc, const std::string& what) {
  last_failure_ = rc;
  // A transport's failure is not about the object that was asked for.
  return explain(rc, (rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER ? tcti_ : what);
}

Result<Context::Persistent> Context::persistent(TPM2_HANDLE handle) {
  Persistent found;
  TSS2_RC rc = Esys_TR_FromTPMPublic(esys_, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &found.handle);
  // An empty handle is an answer, no failure.
  if (tpm_code(rc) == TPM2_RC_HANDLE) return fail(explain(rc, handle_text(handle)));
  if (rc != TSS2_RC_SUCCESS) return fail(failed(rc, handle_text(handle)));
  TPM2B_PUBLIC* area = nullptr;
  TPM2B_NAME* name = nullptr;
  rc = Esys_ReadPublic(esys_, found.handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &area, &name, nullptr);
  if (rc != TSS2_RC_SUCCESS) return fail(failed(rc, handle_text(handle)));
  const Esys<TPM2B_PUBLIC> area_owner(area);
  const Esys<TPM2B_NAME> name_owner(name);
  found.area = *area;
  found.name.assign(name->name, name->name + name->size);
  return found;
}

Result<ESYS_TR> Context::load(ESYS_TR parent, ESYS_TR session, const TPM2B_PRIVATE& secret, const TPM2B_PUBLIC& area) {
  ESYS_TR object = ESYS_TR_NONE;
  const TSS2_RC rc = Esys_Load(esys_, parent, session, ESYS_TR_NONE, ESYS_TR_NONE, &secret, &area, &object);
  if (rc != TSS2_RC_SUCCESS) return fail(failed(rc, "loading the key"));
  loaded_.push_back(object);
  return object;
}

void Context::flush(ESYS_TR object) {
  std::erase(loaded_, object);
  Esys_FlushContext(esys_, object);
}

Result<void> Context::persist(ESYS_TR object, TPM2_HANDLE handle) {
  ESYS_TR made = ESYS_TR_NONE;
  const TSS2_RC rc =
      Esys_EvictControl(esys_, ESYS_TR_RH_OWNER, object, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, handle, &made);
  if (rc != TSS2_RC_SUCCESS) {
    Error error = failed(rc, handle_text(handle));
    if (error.code == Code::denied)
      error.reason = "the TPM's owner authorisation is set", error.hint = "it must be empty to make keys persistent";
    return fail(error);
  }
  Esys_TR_Close(esys_, &made);
  return {};
}

Result<void> Context::evict(ESYS_TR object, TPM2_HANDLE handle) {
  ESYS_TR none = ESYS_TR_NONE;
  const TSS2_RC rc =
      Esys_EvictControl(esys_, ESYS_TR_RH_OWNER, object, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, handle, &none);
  if (rc != TSS2_RC_SUCCESS) return fail(failed(rc, handle_text(handle)));
  return {};
}

Result<void> Context::test_parameters(const TPM2B_PUBLIC& area, const std::string& what) {
  const TPMT_PUBLIC_PARMS parameters{area.publicArea.type, area.publicArea.parameters};
  const TSS2_RC rc = Esys_TestParms(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &parameters);
  if (rc != TSS2_RC_SUCCESS) {
    Error error = failed(rc, what);
    if (tpm_code(rc) != 0 && error.code != Code::busy && error.code != Code::unavailable)
      error.code = Code::unsupported;
    return fail(error);
  }
  return {};
}

std::string Context::hardware() {
  TPMS_CAPABILITY_DATA* data = nullptr;
  TPMI_YES_NO more = 0;
  if (Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, TPM2_PT_MANUFACTURER,
                         5, &more, &data) != TSS2_RC_SUCCESS)
    return {};
  const Esys<TPMS_CAPABILITY_DATA> owner(data);
  std::string out;
  for (UINT32 i = 0; i < data->data.tpmProperties.count; ++i) {
    const UINT32 value = data->data.tpmProperties.tpmProperty[i].value;
    for (int shift = 24; shift >= 0; shift -= 8) {
      const char c = static_cast<char>(value >> shift & 0xff);
      const bool second_space = c == ' ' && out.ends_with(' ');  // each property is padded with its own
      if (c >= 0x20 && c < 0x7f && !second_space) out += c;
    }
    if (i == 0 && !out.ends_with(' ')) out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

Result<ClockReading> Context::read_clock() {
  TPMS_TIME_INFO* time = nullptr;
  const TSS2_RC rc = Esys_ReadClock(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &time);
  if (rc != TSS2_RC_SUCCESS) return fail(failed(rc, "reading the clock"));
  const Esys<TPMS_TIME_INFO> owner(time);
  const TPMS_CLOCK_INFO& clock = time->clockInfo;
  return ClockReading{clock.clock, clock.resetCount, clock.restartCount, clock.safe == TPM2_YES};
}

Authorisation::~Authorisation() { OPENSSL_cleanse(secret_.data(), secret_.size()); }

TPM2B_AUTH Authorisation::value() const {
  TPM2B_AUTH auth{};
  auth.size = static_cast<UINT16>(secret_.size());  // at most 32: checked when it was read
  std::memcpy(auth.buffer, secret_.data(), secret_.size());
  return auth;
}

Result<void> Authorisation::set_on(ESYS_TR object) {
  TPM2B_AUTH auth = value();
  const TSS2_RC rc = Esys_TR_SetAuth(context_.get(), object, &auth);
  OPENSSL_cleanse(&auth, sizeof auth);
  if (rc != TSS2_RC_SUCCESS) return fail(context_.failed(rc, "authorisation value"));
  return {};
}

Result<ESYS_TR> Authorisation::begin() {
  if (secret_.empty()) return ESYS_TR{ESYS_TR_PASSWORD};
  TPMT_SYM_DEF symmetric{};
  symmetric.algorithm = TPM2_ALG_AES;
  symmetric.keyBits.aes = 128;
  symmetric.mode.aes = TPM2_ALG_CFB;
  ESYS_TR session = ESYS_TR_NONE;
  TSS2_RC rc = Esys_StartAuthSession(context_.get(), parent_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                     nullptr, TPM2_SE_HMAC, &symmetric, TPM2_ALG_SHA256, &session);
  if (rc != TSS2_RC_SUCCESS) return fail(context_.failed(rc, "starting a session"));
  // Without continueSession the TPM ends it with the command.
  rc = Esys_TRSess_SetAttributes(context_.get(), session, TPMA_SESSION_DECRYPT, 0xff);
  if (rc != TSS2_RC_SUCCESS) {
    context_.flush(session);
    return fail(context_.failed(rc, "starting a session"));
  }
  return session;
}

void Authorisation::end(ESYS_TR session, bool succeeded) {
  if (session != ESYS_TR_PASSWORD && !succeeded) context_.flush(session);
}

}  // namespace vouchgate::keys::tpm
