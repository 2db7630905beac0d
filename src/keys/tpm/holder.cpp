// Opens, creates and removes the signing key below the storage root key.
#include "holder.hpp"

#include <openssl/crypto.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../secret_file.hpp"
#include "opening.hpp"
#include "templates.hpp"

namespace vouchgate::keys::tpm {
namespace {

Result<Context::Persistent> make_parent(Context& context, const TpmSettings& settings) {
  const TPM2B_SENSITIVE_CREATE sensitive{};
  const TPM2B_PUBLIC area = storage_root_template();
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION pcrs{};
  ESYS_TR primary = ESYS_TR_NONE;
  const TSS2_RC rc =
      Esys_CreatePrimary(context.get(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
                         &area, &outside, &pcrs, &primary, nullptr, nullptr, nullptr, nullptr);
  if (rc != TSS2_RC_SUCCESS) return fail(context.failed(rc, "creating the storage root key"));
  auto persisted = context.persist(primary, settings.parent);
  context.flush(primary);
  if (!persisted) return fail(persisted.error());
  return existing_parent(context, settings, {});
}

Result<Context::Persistent> parent_for_create(Context& context, const TpmSettings& settings) {
  const auto there = context.persistent(settings.parent);
  if (!there && there.error().code == Code::not_found) return make_parent(context, settings);
  return existing_parent(context, settings, {});
}

// Create() under the parent: the key exists as blobs only after this.
Result<KeyFile> make_key(Context& context, Authorisation& authorisation, ESYS_TR parent, Algorithm algorithm) {
  const TPM2B_PUBLIC area = signing_template(algorithm);
  if (auto able = context.test_parameters(area, std::string(word(algorithm))); !able) return fail(able.error());
  TPM2B_SENSITIVE_CREATE sensitive{};
  sensitive.sensitive.userAuth = authorisation.value();
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION pcrs{};
  const auto session = authorisation.begin();
  if (!session) return fail(session.error());
  TPM2B_PRIVATE* secret = nullptr;
  TPM2B_PUBLIC* made = nullptr;
  const TSS2_RC rc = Esys_Create(context.get(), parent, *session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &area,
                                 &outside, &pcrs, &secret, &made, nullptr, nullptr, nullptr);
  authorisation.end(*session, rc == TSS2_RC_SUCCESS);
  OPENSSL_cleanse(&sensitive, sizeof sensitive);
  if (rc != TSS2_RC_SUCCESS) return fail(context.failed(rc, "creating the key"));
  const Esys<TPM2B_PRIVATE> secret_owner(secret);
  const Esys<TPM2B_PUBLIC> made_owner(made);
  if (!signs(*made, algorithm))
    return fail(Code::internal, "tpm", "creating the key", "the TPM made another key than it was asked for");
  KeyFile file;
  file.empty_auth = authorisation.empty();
  file.area = *made;
  file.secret = *secret;
  return file;
}

}  // namespace

Result<std::unique_ptr<Signer>> open(const KeySettings& settings) {
  auto context = Context::open(settings.tpm.tcti);
  if (!context) return fail(context.error());
  Memory memory;
  auto signer = open_key(std::move(*context), settings, memory);
  if (!signer) return fail(signer.error());
  return std::move(*signer);
}

Result<std::unique_ptr<Signer>> create(const KeySettings& settings) {
  const TpmSettings& tpm = settings.tpm;
  const auto algorithm = algorithm_of(settings);
  if (!algorithm) return fail(algorithm.error());
  auto opened = Context::open(tpm.tcti, creation_limit);
  if (!opened) return fail(opened.error());
  std::shared_ptr<Context> context = std::move(*opened);
  const auto there = context->persistent(tpm.handle);
  if (there)
    return fail(Code::mismatch, "key", handle_text(tpm.handle),
                "the handle holds a key already (Name " + brief(there->name) + ")",
                "'vouchgate key show' describes it; use a free handle: --handle " + handle_text(tpm.handle + 1));
  if (there.error().code != Code::not_found) return fail(there.error());
  if (::access(tpm.key_file.c_str(), F_OK) == 0)
    return fail(Code::mismatch, "key", tpm.key_file, "the file of an earlier key is there",
                "if 'vouchgate key show' says that this key is lost: mv " + tpm.key_file + " " + tpm.key_file + ".old");
  auto secret = auth_value(tpm.auth_file);
  if (!secret) return fail(secret.error());
  const auto parent = parent_for_create(*context, tpm);
  if (!parent) return fail(parent.error());
  auto authorisation = std::make_unique<Authorisation>(*context, parent->handle, std::move(*secret));
  auto file = make_key(*context, *authorisation, parent->handle, *algorithm);
  if (!file) return fail(file.error());
  file->parent = tpm.parent;
  file->parent_name = parent->name;
  const auto loaded = context->load(parent->handle, ESYS_TR_PASSWORD, file->secret, file->area);
  if (!loaded) return fail(loaded.error());
  if (auto set = authorisation->set_on(*loaded); !set) return fail(set.error());
  // Proven by a signature before anything permanent is written, and on disk before it is in the TPM: a crash in between
  // leaves a file from which open() puts the key at its handle.
  auto signer = make_signer(context, std::move(authorisation), *loaded, file->area, *algorithm, tpm);
  if (!signer) return fail(signer.error());
  if (auto tested = (*signer)->self_test(); !tested) return fail(tested.error());
  const auto pem = write_pem(*file);
  if (!pem) return fail(pem.error());
  if (auto wrote = write_file("key", tpm.key_file, *pem); !wrote) return fail(wrote.error());
  if (auto persisted = (*signer)->persist(tpm.handle); !persisted) {
    ::unlink(tpm.key_file.c_str());
    return fail(persisted.error());
  }
  signer->reset();
  context.reset();
  return open(settings);
}

Result<void> remove(const KeySettings& settings) {
  const TpmSettings& tpm = settings.tpm;
  auto context = Context::open(tpm.tcti);
  if (!context) return fail(context.error());
  const auto file = read_key_file(tpm.key_file);
  const auto there = (*context)->persistent(tpm.handle);
  if (!there && there.error().code != Code::not_found) return fail(there.error());
  if (!file) {
    if (file.error().code != Code::not_found) return fail(file.error());
    return fail(no_key_file(tpm, there.has_value()));
  }
  if (there) {
    if (there->name != name_of(file->area)) return fail(foreign(tpm.handle, there->name, name_of(file->area)));
    if (auto evicted = (*context)->evict(there->handle, tpm.handle); !evicted) return fail(evicted.error());
  }
  if (::unlink(tpm.key_file.c_str()) != 0) return fail(Code::denied, "key", tpm.key_file, std::strerror(errno));
  return {};
}

}  // namespace vouchgate::keys::tpm
