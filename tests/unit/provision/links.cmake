# Signers for the certificates come from the keys room's file holder.
set(extra vouchgate_keys OpenSSL::Crypto)
