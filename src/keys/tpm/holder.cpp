// Opens, creates and removes the signing key below the storage root key.
#include "holder.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../crypto.hpp"
#include "../secret_file.hpp"
#include "context.hpp"
#include "key_file.hpp"
#include "rc_map.hpp"
#include "templates.hpp"
#include "tpm_signer.hpp"

namespace vouchgate::keys::tpm {
namespace {

// "000b3f9a...": enough to compare by eye.
std::string brief(const Bytes& name) {
  return hex(ByteView(name).first(std::min<std::size_t>(name.size(), 6))) + "...";
}

Result<Algorithm> algorithm_of(const KeySettings& settings) {
  const auto algorithm = algorithm_from_word(settings.algorithm);
  if (!algorithm)
    return fail(Code::unsupported, "key.algorithm", settings.algorithm, "unknown", "ES256, ES384, RS256 or PS256");
  return *algorithm;
}

Result<std::string> auth_value(const std::string& where) {
  if (where.empty()) return std::string();
  constexpr std::string_view credential = "credential:";
  std::string path = where;
  if (where.starts_with(credential)) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr)
      return fail(Code::not_found, "key.tpm.auth_file", where, "systemd handed over no credentials",
                  "LoadCredential= in a drop-in of vouchgated.service");
    path = std::string(directory) + "/" + where.substr(credential.size());
  }
  auto text = read_file("key.tpm.auth_file", path);
  if (!text) return fail(text.error());
  if (text->ends_with('\n')) text->pop_back();
  if (text->empty())
    return fail(Code::invalid, "key.tpm.auth_file", path, "is empty", "remove the key auth_file for an empty value");
  if (text->size() > 32)
    return fail(Code::invalid, "key.tpm.auth_file", path, "has over 32 bytes, more than the key's hash");
  // The TPM strips them, and tpm2-tss before 4.1 does not.
  if (text->back() == '\0') return fail(Code::invalid, "key.tpm.auth_file", path, "ends with a zero byte");
  return text;
}

Result<Context::Persistent> existing_parent(Context& context, const TpmSettings& settings, const Bytes& pinned) {
  auto parent = context.persistent(settings.parent);
  if (!parent) {
    if (parent.error().code != Code::not_found) return fail(parent.error());
    return fail(Code::mismatch, "key", handle_text(settings.parent), "the storage root key is gone",
                "the TPM was cleared; 'vouchgate key create' makes a new key, to be registered in the cloud");
  }
  if (!is_storage_parent(parent->area))
    return fail(Code::mismatch, "key", handle_text(settings.parent), "the handle does not hold a storage key",
                "choose another handle as key.tpm.parent; this one belongs to somebody else");
  if (!pinned.empty() && pinned != parent->name)
    return fail(
        Code::mismatch, "key", handle_text(settings.parent),
        "the storage root key is another one (Name " + brief(parent->name) + ", expected " + brief(pinned) + ")",
        "the TPM was cleared or replaced, or something sits between it and this machine");
  return parent;
}

Result<Context::Persistent> make_parent(Context& context, const TpmSettings& settings) {
  const TPM2B_SENSITIVE_CREATE sensitive{};
  const TPM2B_PUBLIC area = storage_root_template();
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION pcrs{};
  ESYS_TR primary = ESYS_TR_NONE;
  const TSS2_RC rc =
      Esys_CreatePrimary(context.get(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
                         &area, &outside, &pcrs, &primary, nullptr, nullptr, nullptr, nullptr);
  if (rc != TSS2_RC_SUCCESS) return fail(explain(rc, "creating the storage root key"));
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

Error foreign(std::uint32_t handle, const Bytes& found, const Bytes& expected) {
  return {Code::mismatch, "key", handle_text(handle),
          "the handle holds another key (Name " + brief(found) + ", expected " + brief(expected) + ")",
          "the TPM was cleared or the disk moved; 'vouchgate key show' compares, 'vouchgate key create --handle " +
              handle_text(handle + 1) + "' makes a new one"};
}

Error no_key_file(const TpmSettings& settings, bool occupied) {
  if (!occupied)
    return {Code::not_found, "key", handle_text(settings.handle), "there is no key yet",
            "'vouchgate key create' makes one"};
  return {Code::mismatch, "key", handle_text(settings.handle),
          "the handle holds a key, but " + settings.key_file + " with its Name is missing",
          "restore the file, or make a key at a free handle: 'vouchgate key create --handle " +
              handle_text(settings.handle + 1) + "'"};
}

// The pinned key at its handle; if the handle is empty, loaded from its file and put back there.
Result<ESYS_TR> pinned_key(Context& context, Authorisation& authorisation, const TpmSettings& settings,
                           const KeyFile& file, ESYS_TR parent) {
  const Bytes expected = name_of(file.area);
  const auto there = context.persistent(settings.handle);
  if (there) {
    if (there->name != expected) return fail(foreign(settings.handle, there->name, expected));
    if (auto set = authorisation.set_on(there->handle); !set) return fail(set.error());
    return there->handle;
  }
  if (there.error().code != Code::not_found) return fail(there.error());
  const auto loaded = context.load(parent, ESYS_TR_PASSWORD, file.secret, file.area);
  if (!loaded) return fail(loaded.error());
  if (auto set = authorisation.set_on(*loaded); !set) return fail(set.error());
  // Without a persistent slot the loaded key serves as well: it only has to be loaded at each start.
  if (!context.persist(*loaded, settings.handle)) return *loaded;
  context.flush(*loaded);
  const auto again = context.persistent(settings.handle);
  if (!again) return fail(again.error());
  if (auto set = authorisation.set_on(again->handle); !set) return fail(set.error());
  return again->handle;
}

Result<std::unique_ptr<Signer>> make_signer(std::unique_ptr<Context> context,
                                            std::unique_ptr<Authorisation> authorisation, ESYS_TR key,
                                            const TPM2B_PUBLIC& area, Algorithm algorithm,
                                            const TpmSettings& settings) {
  if (!signs(area, algorithm))
    return fail(Code::mismatch, "key", handle_text(settings.handle), "is not a key for " + std::string(word(algorithm)),
                "see key.algorithm");
  auto spki = spki_of_area(area, algorithm);
  if (!spki) return fail(spki.error());
  KeyInfo info{algorithm,           "tpm",           handle_text(settings.handle), hex(name_of(area)),
               context->hardware(), std::move(*spki)};
  auto signer = std::make_unique<TpmSigner>(std::move(context), std::move(authorisation), key, std::move(info));
  // Older chips salt PSS with all the room there is, which RFC 7518 does not allow: nobody would accept the tokens.
  if (algorithm == Algorithm::ps256)
    if (auto tested = signer->self_test(); !tested) return fail(tested.error());
  return signer;
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
  if (rc != TSS2_RC_SUCCESS) return fail(explain(rc, "creating the key"));
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
  const auto algorithm = algorithm_of(settings);
  if (!algorithm) return fail(algorithm.error());
  auto context = Context::open(settings.tpm.tcti);
  if (!context) return fail(context.error());
  const auto file = read_key_file(settings.tpm.key_file);
  if (!file) {
    if (file.error().code != Code::not_found) return fail(file.error());
    const auto there = (*context)->persistent(settings.tpm.handle);
    if (!there && there.error().code != Code::not_found) return fail(there.error());
    return fail(no_key_file(settings.tpm, there.has_value()));
  }
  auto secret = auth_value(settings.tpm.auth_file);
  if (!secret) return fail(secret.error());
  const auto parent = existing_parent(**context, settings.tpm, file->parent_name);
  if (!parent) return fail(parent.error());
  auto authorisation = std::make_unique<Authorisation>(**context, parent->handle, std::move(*secret));
  const auto key = pinned_key(**context, *authorisation, settings.tpm, *file, parent->handle);
  if (!key) return fail(key.error());
  return make_signer(std::move(*context), std::move(authorisation), *key, file->area, *algorithm, settings.tpm);
}

Result<std::unique_ptr<Signer>> create(const KeySettings& settings) {
  const TpmSettings& tpm = settings.tpm;
  const auto algorithm = algorithm_of(settings);
  if (!algorithm) return fail(algorithm.error());
  auto context = Context::open(tpm.tcti);
  if (!context) return fail(context.error());
  const auto there = (*context)->persistent(tpm.handle);
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
  const auto parent = parent_for_create(**context, tpm);
  if (!parent) return fail(parent.error());
  auto authorisation = std::make_unique<Authorisation>(**context, parent->handle, std::move(*secret));
  auto file = make_key(**context, *authorisation, parent->handle, *algorithm);
  if (!file) return fail(file.error());
  file->parent = tpm.parent;
  file->parent_name = parent->name;
  const auto loaded = (*context)->load(parent->handle, ESYS_TR_PASSWORD, file->secret, file->area);
  if (!loaded) return fail(loaded.error());
  if (auto set = authorisation->set_on(*loaded); !set) return fail(set.error());
  // Proven by a signature before anything permanent is written, and on disk before it is in the TPM: a crash in between
  // leaves a file from which open() puts the key at its handle.
  auto signer = make_signer(std::move(*context), std::move(authorisation), *loaded, file->area, *algorithm, tpm);
  if (!signer) return fail(signer.error());
  if (auto tested = static_cast<TpmSigner&>(**signer).self_test(); !tested) return fail(tested.error());
  const auto pem = write_pem(*file);
  if (!pem) return fail(pem.error());
  if (auto wrote = write_file("key", tpm.key_file, *pem); !wrote) return fail(wrote.error());
  if (auto persisted = static_cast<TpmSigner&>(**signer).persist(tpm.handle); !persisted) {
    ::unlink(tpm.key_file.c_str());
    return fail(persisted.error());
  }
  signer->reset();
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
