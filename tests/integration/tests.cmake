# The real binaries with swtpm, mosquitto and TLS on loopback; judged by programs that are not ours.
function(vouchgate_integration name)
  add_test(NAME integration.${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${name}.py)
  set_tests_properties(integration.${name} PROPERTIES LABELS integration TIMEOUT 600
    ENVIRONMENT "VOUCHGATE_BINARY_DIR=${CMAKE_BINARY_DIR};VOUCHGATE_SOURCE_DIR=${CMAKE_SOURCE_DIR};PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/support;PYTHONDONTWRITEBYTECODE=1")
endfunction()
vouchgate_integration(key_commands_test)
vouchgate_integration(check_test)
vouchgate_integration(main_job_test)
vouchgate_integration(bad_day_test)
vouchgate_integration(time_test)
vouchgate_integration(power_test)
vouchgate_integration(tpm_faults_test)
vouchgate_integration(emulator_test)
# The rows of docs/faults.md.
vouchgate_integration(link_faults_test)
vouchgate_integration(cloud_faults_test)
vouchgate_integration(child_faults_test)
vouchgate_integration(disk_faults_test)
