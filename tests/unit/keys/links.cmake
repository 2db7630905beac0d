# The private headers of the room name these libraries. Never a TPM: that is the contract suite's. The emulator is the
# simulated ATECC608.
set(extra vouchgate_emulator PkgConfig::ESAPI OpenSSL::Crypto)
