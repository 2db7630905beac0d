// The protocol version of the TLS session inside Paho, which shows none of it. OpenSSL tells of every connection object
// that is made (CRYPTO_get_ex_new_index(3)); this process makes them in Paho only. Never touches one beyond its
// version.
#pragma once

#include <openssl/ssl.h>

#include <mutex>
#include <string>

namespace vouchgate::mqtt {

class TlsWatch {
 public:
  TlsWatch();
  ~TlsWatch();
  TlsWatch(const TlsWatch&) = delete;
  TlsWatch& operator=(const TlsWatch&) = delete;

  // Of the newest connection, once it has shaken hands: "TLSv1.3". Empty: there is none. Any thread.
  std::string version() const;

 private:
  static void made(void* parent, void* value, CRYPTO_EX_DATA* data, int index, long number, void* context);
  static void gone(void* parent, void* value, CRYPTO_EX_DATA* data, int index, long number, void* context);

  mutable std::mutex mutex_;
  const SSL* newest_ = nullptr;
  const int index_;  // last: from here on OpenSSL calls us; negative: it does not
};

}  // namespace vouchgate::mqtt
