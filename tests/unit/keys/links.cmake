# The private headers of the room name these libraries. Never a TPM: that is the contract suite's.
set(extra PkgConfig::ESAPI OpenSSL::Crypto)
