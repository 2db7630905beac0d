// The way to the key that the key file pins: parent, handle or file, authorisation value. Makes nothing new.
#include "opening.hpp"

#include <algorithm>
#include <cstdlib>

#include "../secret_file.hpp"
#include "rc_map.hpp"
#include "templates.hpp"

namespace vouchgate::keys::tpm {

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
  // systemd lets the service's user alone in by an access control list, whose mask stat() shows as the group's bits.
  const bool guarded = where.starts_with(credential);
  std::string path = where;
  if (guarded) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr)
      return fail(Code::not_found, "key.tpm.auth_file", where, "systemd handed over no credentials",
                  "LoadCredential= in a drop-in of vouchgated.service");
    path = std::string(directory) + "/" + where.substr(credential.size());
  }
  auto text = read_file("key.tpm.auth_file", path, guarded);
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

Result<std::unique_ptr<TpmSigner>> make_signer(std::shared_ptr<Context> context,
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

namespace {

// Whether the failure was of an authorisation.
bool refused(const Context& context) {
  const TSS2_RC code = tpm_code(context.last_failure());
  return code == TPM2_RC_AUTH_FAIL || code == TPM2_RC_BAD_AUTH;
}

// From its file, below the parent. A parent without noDA counts failed tries against the whole TPM, so one that refused
// is not asked again.
Result<ESYS_TR> load(Context& context, const KeyFile& file, const Context::Persistent& parent,
                     const TpmSettings& settings, Memory& memory) {
  if (memory.parent_refused)
    return fail(Code::denied, "tpm", handle_text(settings.parent), "the storage root key wants an authorisation value",
                "it is not asked again, lest the TPM locks; 'vouchgate key test' tries once and puts the key back");
  const auto loaded = context.load(parent.handle, ESYS_TR_PASSWORD, file.secret, file.area);
  const bool counts = (parent.area.publicArea.objectAttributes & TPMA_OBJECT_NODA) == 0;
  memory.parent_refused = !loaded && counts && refused(context);
  return loaded;
}

// The pinned key at its handle; if the handle is empty, loaded from its file and put back there.
Result<ESYS_TR> pinned_key(Context& context, const TpmSettings& settings, const KeyFile& file,
                           const Context::Persistent& parent, Memory& memory) {
  const Bytes expected = name_of(file.area);
  const auto there = context.persistent(settings.handle);
  if (there) {
    if (there->name != expected) return fail(foreign(settings.handle, there->name, expected));
    memory.from_file = false;
    return there->handle;
  }
  if (there.error().code != Code::not_found) return fail(there.error());
  const auto loaded = load(context, file, parent, settings, memory);
  if (!loaded) return fail(loaded.error());
  memory.from_file = true;
  // Without a persistent slot the loaded key serves as well: it only has to be loaded at each start.
  if (memory.owner_refused) return *loaded;
  if (!context.persist(*loaded, settings.handle)) {
    memory.owner_refused = refused(context);
    return *loaded;
  }
  context.flush(*loaded);
  const auto again = context.persistent(settings.handle);
  if (!again) return fail(again.error());
  return again->handle;
}

}  // namespace

Result<std::unique_ptr<TpmSigner>> open_key(const std::shared_ptr<Context>& context, const KeySettings& settings,
                                            Memory& memory) {
  const auto algorithm = algorithm_of(settings);
  if (!algorithm) return fail(algorithm.error());
  const auto file = read_key_file(settings.tpm.key_file);
  if (!file) {
    if (file.error().code != Code::not_found) return fail(file.error());
    const auto there = context->persistent(settings.tpm.handle);
    if (!there && there.error().code != Code::not_found) return fail(there.error());
    return fail(no_key_file(settings.tpm, there.has_value()));
  }
  memory.name = name_of(file->area);
  auto secret = auth_value(settings.tpm.auth_file);
  if (!secret) return fail(secret.error());
  const auto parent = existing_parent(*context, settings.tpm, file->parent_name);
  if (!parent) return fail(parent.error());
  auto authorisation = std::make_unique<Authorisation>(*context, parent->handle, std::move(*secret));
  const auto key = pinned_key(*context, settings.tpm, *file, *parent, memory);
  if (!key) return fail(key.error());
  if (auto set = authorisation->set_on(*key); !set) return fail(set.error());
  return make_signer(context, std::move(authorisation), *key, file->area, *algorithm, settings.tpm);
}

}  // namespace vouchgate::keys::tpm
