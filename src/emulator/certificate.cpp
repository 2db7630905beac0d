// Makes the bench certificates with OpenSSL. Never writes the authority's own key: it signs once and is forgotten.
#include "certificate.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <memory>
#include <vector>

namespace vouchgate::emulator {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
struct CloseFile {  // newer C libraries give fclose attributes that a template argument cannot carry
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;
using Extensions = std::vector<std::pair<int, std::string>>;

constexpr long hour = 60 * 60;  // seconds
constexpr long day = 24 * hour;
constexpr long year = 365 * day;

auto failed(const std::string& subject, std::string reason) {
  return fail(Code::unavailable, "certificate", subject, std::move(reason));
}

File open_private(const std::string& path, mode_t mode) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (descriptor < 0) return nullptr;
  ::fchmod(descriptor, mode);  // the file may have been there with another mode
  return File(::fdopen(descriptor, "w"));
}

// Version 3, valid from an hour ago (a client's clock may be behind) for a year.
Certificate blank(EVP_PKEY* key, const char* name) {
  Certificate made(X509_new(), X509_free);
  std::array<unsigned char, 8> serial{};
  RAND_bytes(serial.data(), serial.size());
  serial[0] &= 0x7f;  // RFC 5280 section 4.1.2.2: positive
  X509_set_version(made.get(), X509_VERSION_3);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_bin2bn(serial.data(), serial.size(), nullptr), BN_free);
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made.get()));
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -hour);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), year);
  X509_set_pubkey(made.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return made;
}

bool sign(X509* made, X509* issuer, EVP_PKEY* key, const Extensions& extensions) {
  X509_set_issuer_name(made, X509_get_subject_name(issuer));
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, made, nullptr, nullptr, 0);
  for (const auto& [id, value] : extensions) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    const bool added = extension != nullptr && X509_add_ext(made, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    if (!added) return false;
  }
  return X509_sign(made, key, EVP_sha256()) > 0;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

std::string names_for(const std::string& host) {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  if (host != "localhost" && host != "127.0.0.1" && host != "::1")
    names += (is_address(host) ? ",IP:" : ",DNS:") + host;
  return names;
}

bool write_certificate(const std::string& path, X509* certificate) {
  const File out = open_private(path, 0644);
  return out && PEM_write_X509(out.get(), certificate) == 1 && std::fflush(out.get()) == 0;
}

Certificate read_certificate(const std::string& path) {
  const File in(std::fopen(path.c_str(), "re"));
  return {in ? PEM_read_X509(in.get(), nullptr, nullptr, nullptr) : nullptr, X509_free};
}

bool names_match(X509* certificate, const std::string& host) {
  const int found = is_address(host) ? X509_check_ip_asc(certificate, host.c_str(), 0)
                                     : X509_check_host(certificate, host.c_str(), host.size(), 0, nullptr);
  return found == 1;
}

bool usable(const ServerFiles& files, const std::string& host) {
  const Certificate certificate = read_certificate(files.certificate), authority = read_certificate(files.ca);
  if (!certificate || !authority || ::access(files.key.c_str(), R_OK) != 0) return false;
  std::time_t tomorrow = std::time(nullptr) + day;
  const Key issuer(X509_get_pubkey(authority.get()), EVP_PKEY_free);
  return X509_verify(certificate.get(), issuer.get()) == 1 && names_match(certificate.get(), host) &&
         X509_cmp_time(X509_get0_notAfter(certificate.get()), &tomorrow) > 0;
}

}  // namespace

Result<ServerFiles> make_server_files(const std::string& directory, const std::string& host) {
  ServerFiles files{directory + "/ca.pem", directory + "/server.pem", directory + "/server-key.pem"};
  if (usable(files, host)) return files;
  const Key ca_key(EVP_EC_gen("P-256"), EVP_PKEY_free), key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  if (!ca_key || !key) return failed(directory, "OpenSSL cannot make a P-256 key");
  const Certificate ca = blank(ca_key.get(), "vouchgate-emulator bench CA");
  const Certificate server = blank(key.get(), "vouchgate-emulator");
  const Extensions for_ca{{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                          {NID_key_usage, "critical,keyCertSign,cRLSign"},
                          {NID_subject_key_identifier, "hash"}};
  const Extensions for_server{{NID_basic_constraints, "critical,CA:FALSE"},
                              {NID_key_usage, "critical,digitalSignature"},
                              {NID_ext_key_usage, "serverAuth"},
                              {NID_subject_alt_name, names_for(host)},
                              {NID_subject_key_identifier, "hash"},
                              {NID_authority_key_identifier, "keyid"}};
  if (!sign(ca.get(), ca.get(), ca_key.get(), for_ca) || !sign(server.get(), ca.get(), ca_key.get(), for_server))
    return failed(host, "OpenSSL cannot make a certificate for this host");
  const File out = open_private(files.key, 0600);
  if (!out || PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      std::fflush(out.get()) != 0 || !write_certificate(files.certificate, server.get()) ||
      !write_certificate(files.ca, ca.get()))
    return failed(directory, "cannot write the certificates");
  return files;
}

}  // namespace vouchgate::emulator
