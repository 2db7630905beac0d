// One index of extra data, of which only the calls at birth and death of a connection are of use.
#include "tls_watch.hpp"

namespace vouchgate::mqtt {

TlsWatch& TlsWatch::of_process() {
  static TlsWatch* const watch = new TlsWatch;
  return *watch;
}

// At exit OpenSSL would free its locks while a thread of Paho's, which nobody can join, leaves its connection; the
// process's end frees them as well. Only the first call in a process decides that (OPENSSL_init_crypto(3)). Without an
// index, which only a lack of memory denies, no version is known.
TlsWatch::TlsWatch() {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
  CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, this, &made, nullptr, &gone);
}

std::string TlsWatch::version() const {
  const std::lock_guard lock(mutex_);
  return newest_ == nullptr || SSL_is_init_finished(newest_) == 0 ? "" : SSL_get_version(newest_);
}

void TlsWatch::made(void* parent, void*, CRYPTO_EX_DATA*, int, long, void* context) {
  auto& watch = *static_cast<TlsWatch*>(context);
  const std::lock_guard lock(watch.mutex_);
  watch.newest_ = static_cast<const SSL*>(parent);
}

void TlsWatch::gone(void* parent, void*, CRYPTO_EX_DATA*, int, long, void* context) {
  auto& watch = *static_cast<TlsWatch*>(context);
  const std::lock_guard lock(watch.mutex_);
  if (watch.newest_ == parent) watch.newest_ = nullptr;
}

}  // namespace vouchgate::mqtt
