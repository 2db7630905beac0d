# Tests: every folder below tests/unit/<room>, tests/contract and tests/scenario is picked up by name, so adding a
# test is adding a file. Integration, lint and fuzz bring their own list (they start real programs or need clang).
find_package(GTest REQUIRED)
include(GoogleTest)

# vouchgate_test(name FILES... [LINKS...] [LABEL l]): one program, one ctest entry per TEST.
function(vouchgate_test name)
  cmake_parse_arguments(T "" "LABEL" "FILES;LINKS" ${ARGN})
  add_executable(${name} ${T_FILES})
  target_link_libraries(${name} PRIVATE ${T_LINKS} GTest::gmock_main)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support ${CMAKE_SOURCE_DIR}/src)
  target_compile_definitions(${name} PRIVATE VOUCHGATE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" VOUCHGATE_BINARY_DIR="${CMAKE_BINARY_DIR}")
  gtest_discover_tests(${name} TEST_PREFIX ${T_LABEL}. DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${T_LABEL} TIMEOUT 300)
endfunction()

foreach(room base model token attach session dialect gateway config keys spool mqtt ingress control service timekeeper provision app cli emulator)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${room}/*_test.cpp)
  if(files AND TARGET vouchgate_${room})
    set(extra)
    if(EXISTS ${CMAKE_SOURCE_DIR}/tests/unit/${room}/links.cmake)
      include(${CMAKE_SOURCE_DIR}/tests/unit/${room}/links.cmake) # sets extra
    endif()
    vouchgate_test(unit_${room} FILES ${files} LINKS vouchgate_${room} ${extra} LABEL unit)
  endif()
endforeach()
foreach(folder contract scenario integration lint fuzz)
  if(EXISTS ${CMAKE_SOURCE_DIR}/tests/${folder}/tests.cmake)
    include(tests/${folder}/tests.cmake)
  endif()
endforeach()
