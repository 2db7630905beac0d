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
  // The only one. Lives as long as the process, as an index does: OpenSSL copies what it has to call and then calls it
  // without a lock, so a call may still be under way when CRYPTO_free_ex_index(3) has returned.
  static TlsWatch& of_process();
  TlsWatch(const TlsWatch&) = delete;
  TlsWatch& operator=(const TlsWatch&) = delete;

  // Of the newest connection, once it has shaken hands: "TLSv1.3". Empty: there is none. Any thread.
  std::string version() const;

 private:
  TlsWatch();
  static void made(void* parent, void* value, CRYPTO_EX_DATA* data, int index, long number, void* context);
  static void gone(void* parent, void* value, CRYPTO_EX_DATA* data, int index, long number, void* context);

  mutable std::mutex mutex_;
  const SSL* newest_ = nullptr;
};

}  // namespace vouchgate::mqtt
