// A handshake that judges nothing while it runs, so that a bad certificate can be described. Never used for traffic.
#include "vouchgate/provision/server.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <algorithm>
#include <ctime>

#include "openssl.hpp"

namespace vouchgate::provision {
namespace {

using Tls = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;
using TlsContext = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES, GENERAL_NAMES_free>>;

std::string last_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason != nullptr ? reason : "the server ended the handshake";
}

std::string common_name(const X509_NAME* name) {
  char text[256];
  if (X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text) > 0) return text;
  return X509_NAME_oneline(name, text, sizeof text) != nullptr ? text : "";
}

WallTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string text_of_name(const GENERAL_NAME* name) {
  int type = 0;
  void* value = GENERAL_NAME_get0_value(name, &type);
  if (type != GEN_DNS && type != GEN_IPADD) return {};
  const auto* text = static_cast<const ASN1_STRING*>(value);
  const unsigned char* data = ASN1_STRING_get0_data(text);
  const int size = ASN1_STRING_length(text);
  if (type == GEN_DNS) return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
  std::string out;  // IPv4; an IPv6 address is left out, as no cloud has one in a certificate
  for (int i = 0; size == 4 && i < 4; ++i) out += (i > 0 ? "." : "") + std::to_string(data[i]);
  return out;
}

std::vector<std::string> names_of(X509* certificate) {
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> out;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i)
    if (auto text = text_of_name(sk_GENERAL_NAME_value(names.get(), i)); !text.empty()) out.push_back(std::move(text));
  return out;
}

Result<TlsContext> context_for(const TlsSettings& settings) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return fail(Code::internal, "tls", "", last_reason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);  // the result is asked for afterwards
  if (SSL_CTX_load_verify_locations(context.get(), settings.ca_file.c_str(), nullptr) != 1) {
    ERR_clear_error();
    return fail(Code::not_found, "tls", settings.ca_file, "cannot be read, or holds no certificate",
                "cloud.tls.ca_file names the authorities that the cloud's certificate is from; on Debian they come "
                "with package ca-certificates");
  }
  return context;
}

void offer(SSL* tls, const std::string& host, const TlsSettings& settings) {
  if (ASN1_OCTET_STRING* parsed = a2i_IPADDRESS(host.c_str()))  // RFC 6066 section 3: no SNI for an address
    ASN1_OCTET_STRING_free(parsed);
  else
    // What SSL_set_tlsext_host_name() stands for, without the old cast in it.
    SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
  if (settings.alpn.empty() || settings.alpn.size() > 255) return;
  std::string wire(1, static_cast<char>(settings.alpn.size()));  // RFC 7301 section 3.1
  wire += settings.alpn;
  SSL_set_alpn_protos(tls, reinterpret_cast<const unsigned char*>(wire.data()), static_cast<unsigned>(wire.size()));
}

Result<void> shake_hands(SSL* tls, int socket, Monotonic deadline) {
  while (true) {
    ERR_clear_error();
    const int done = SSL_connect(tls);
    if (done == 1) return {};
    const int wanted = SSL_get_error(tls, done);
    if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE)
      return fail(Code::unavailable, "tls", "", last_reason());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd entry{socket, static_cast<short>(wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
    if (left <= 0 || ::poll(&entry, 1, static_cast<int>(std::min<long long>(left, 60'000))) == 0)
      return fail(Code::timeout, "tls", "", "no answer to the handshake in time");
  }
}

ServerCertificate describe(SSL* tls, X509* certificate, const std::string& host) {
  ServerCertificate out;
  out.protocol = SSL_get_version(tls);
  out.subject = common_name(X509_get_subject_name(certificate));
  out.issuer = common_name(X509_get_issuer_name(certificate));
  out.names = names_of(certificate);
  out.not_before = time_of(X509_get0_notBefore(certificate));
  out.not_after = time_of(X509_get0_notAfter(certificate));
  const long verdict = SSL_get_verify_result(tls);
  if (verdict != X509_V_OK) out.complaint = X509_verify_cert_error_string(verdict);
  out.is_for_host = X509_check_host(certificate, host.c_str(), host.size(), 0, nullptr) == 1 ||
                    X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  return out;
}

}  // namespace

Result<ServerCertificate> look_at_server(int connected, const std::string& host, const TlsSettings& settings,
                                         Monotonic deadline) {
  const auto context = context_for(settings);
  if (!context) return fail(context.error());
  const Tls tls(SSL_new(context->get()));
  if (!tls || SSL_set_fd(tls.get(), connected) != 1) return fail(Code::internal, "tls", host, last_reason());
  offer(tls.get(), host, settings);
  if (auto shaken = shake_hands(tls.get(), connected, deadline); !shaken) {
    Error error = shaken.error();
    error.subject = host;
    return fail(error);
  }
  const Certificate certificate(SSL_get1_peer_certificate(tls.get()));
  if (!certificate) return fail(Code::unavailable, "tls", host, "the server shows no certificate");
  ServerCertificate out = describe(tls.get(), certificate.get(), host);
  SSL_shutdown(tls.get());
  return out;
}

}  // namespace vouchgate::provision
