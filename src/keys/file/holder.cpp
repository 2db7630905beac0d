// PKCS#8 or SEC 1 PEM in, signatures out.
#include "holder.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../crypto.hpp"
#include "../secret_file.hpp"

namespace vouchgate::keys::file {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

class FileSigner : public Signer {
 public:
  FileSigner(Key key, KeyInfo info) : key_(std::move(key)), info_(std::move(info)) {}
  const KeyInfo& info() const override { return info_; }
  Result<Bytes> sign(ByteView input) override { return sign_in_memory(key_.get(), info_.algorithm, input); }

 private:
  Key key_;
  KeyInfo info_;
};

bool fits(EVP_PKEY* key, Algorithm algorithm) {
  if (!is_elliptic(algorithm)) return EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= 2048;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_bits(key) == (algorithm == Algorithm::es384 ? 384 : 256);
}

Result<std::unique_ptr<Signer>> make(Key key, Algorithm algorithm, const std::string& path) {
  if (!fits(key.get(), algorithm))
    return fail(Code::mismatch, "key", path, "is not a key for " + std::string(word(algorithm)), "see key.algorithm");
  auto spki = spki_of(key.get());
  if (!spki) return fail(spki.error());
  KeyInfo info{algorithm, "file", path, hex(sha256(*spki)), "", std::move(*spki)};
  return std::make_unique<FileSigner>(std::move(key), std::move(info));
}

Result<Algorithm> algorithm_of(const KeySettings& settings) {
  const auto algorithm = algorithm_from_word(settings.algorithm);
  if (!algorithm)
    return fail(Code::unsupported, "key.algorithm", settings.algorithm, "unknown", "ES256, ES384, RS256 or PS256");
  return *algorithm;
}

// A PEM with a passphrase must not make a daemon ask for it at a terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

// Takes the text and wipes it.
Key parse(std::string&& pem) {
  char* text = pem.data();
  const Bio bio(BIO_new_mem_buf(text, static_cast<int>(pem.size())));
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  OPENSSL_cleanse(text, pem.size());
  return key;
}

}  // namespace

Result<std::unique_ptr<Signer>> open(const KeySettings& settings) {
  const std::string& path = settings.file.path;
  const auto algorithm = algorithm_of(settings);
  if (!algorithm) return fail(algorithm.error());
  auto pem = read_file("key", path);
  if (!pem) {
    if (pem.error().code == Code::not_found)
      return fail(Code::not_found, "key", path, "there is no key yet", "'vouchgate key create' makes one");
    return fail(pem.error());
  }
  Key key = parse(std::move(*pem));
  if (!key)
    return fail(Code::corrupt, "key", path, "is not a private key in PEM form",
                "PKCS#8 or SEC 1, without a passphrase");
  return make(std::move(key), *algorithm, path);
}

Result<std::unique_ptr<Signer>> create(const KeySettings& settings) {
  const std::string& path = settings.file.path;
  const auto algorithm = algorithm_of(settings);
  if (!algorithm) return fail(algorithm.error());
  if (::access(path.c_str(), F_OK) == 0)
    return fail(Code::mismatch, "key", path, "there is a key already", "'vouchgate key remove' removes it");
  Key key(is_elliptic(*algorithm) ? EVP_EC_gen(*algorithm == Algorithm::es384 ? "P-384" : "P-256") : EVP_RSA_gen(2048));
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (!key || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return fail(Code::internal, "key", path, "could not be generated");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  if (auto wrote = write_file("key", path, std::string(text, static_cast<std::size_t>(size))); !wrote)
    return fail(wrote.error());
  return make(std::move(key), *algorithm, path);
}

Result<void> remove(const KeySettings& settings) {
  if (::unlink(settings.file.path.c_str()) == 0) return {};
  const Code code = errno == ENOENT ? Code::not_found : Code::denied;
  return fail(code, "key", settings.file.path, std::strerror(errno));
}

Result<Description> describe(const KeySettings& settings) {
  const auto signer = open(settings);
  if (!signer) return fail(signer.error());
  const KeyInfo& info = (*signer)->info();
  return Description{info.holder, info.where, info.name, info.name, std::string(word(info.algorithm)), {}, "", true};
}

}  // namespace vouchgate::keys::file
