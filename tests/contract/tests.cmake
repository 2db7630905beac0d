# One suite for each contract header, run on every implementation; a real swtpm is the TPM, a simulated chip in a
# process of its own the ATECC608.
vouchgate_test(contract_spool FILES ${CMAKE_SOURCE_DIR}/tests/contract/spool_contract_test.cpp
  ${CMAKE_SOURCE_DIR}/tests/support/memory_spool.cpp LINKS vouchgate_spool LABEL contract)
vouchgate_test(contract_signer FILES ${CMAKE_CURRENT_LIST_DIR}/signer_contract_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/tpm_key_test.cpp ${CMAKE_CURRENT_LIST_DIR}/tpm_faults_test.cpp ${CMAKE_CURRENT_LIST_DIR}/tpm_device_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/atecc608_device_test.cpp
  ${CMAKE_SOURCE_DIR}/tests/support/swtpm.cpp ${CMAKE_SOURCE_DIR}/tests/support/simulated_chip.cpp
  LINKS vouchgate_keys PkgConfig::ESAPI OpenSSL::Crypto LABEL contract)
add_dependencies(contract_signer vouchgate-emulator-atecc608)
# The power fails: a disk that keeps only what was synced, first alone, then under the spool. VOUCHGATE_POWER_CUTS: how often.
vouchgate_test(contract_crash FILES ${CMAKE_CURRENT_LIST_DIR}/crash_vfs_test.cpp
  ${CMAKE_SOURCE_DIR}/tests/support/crash_vfs.cpp ${CMAKE_CURRENT_LIST_DIR}/spool_crash_test.cpp ${CMAKE_CURRENT_LIST_DIR}/spool_promises.cpp
  LINKS vouchgate_spool SQLite::SQLite3 LABEL contract)
