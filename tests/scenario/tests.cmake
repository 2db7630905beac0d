# The gateway under a virtual clock with a scripted cloud: no sleeps, no network, no TPM.
file(GLOB scenario_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
vouchgate_test(scenario FILES ${scenario_files} ${CMAKE_SOURCE_DIR}/tests/support/memory_spool.cpp
  ${CMAKE_SOURCE_DIR}/tests/support/scripted_cloud.cpp LINKS vouchgate_gateway LABEL scenario)
target_include_directories(scenario PRIVATE ${CMAKE_CURRENT_LIST_DIR})
