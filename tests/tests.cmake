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
  target_compile_options(${name} PRIVATE -O0) # a third less to compile; what is tested keeps its own flags
  set_property(GLOBAL APPEND PROPERTY vouchgate_suite ${name})
  gtest_discover_tests(${name} TEST_PREFIX ${T_LABEL}. DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${T_LABEL} TIMEOUT 300)
endfunction()

set(tested base model token attach session dialect gateway config keys spool mqtt ingress control service timekeeper provision metrics app cli emulator)
set(folders contract scenario integration lint fuzz)
if(VOUCHGATE_SANITIZE MATCHES thread) # the other rooms have no threads, and take minutes to build once more
  set(tested base gateway keys spool mqtt ingress control service timekeeper metrics app)
  set(folders contract scenario)
endif()
foreach(room IN LISTS tested)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${room}/*_test.cpp)
  if(files AND TARGET vouchgate_${room})
    set(extra)
    if(EXISTS ${CMAKE_SOURCE_DIR}/tests/unit/${room}/links.cmake)
      include(${CMAKE_SOURCE_DIR}/tests/unit/${room}/links.cmake) # sets extra
    endif()
    vouchgate_test(unit_${room} FILES ${files} LINKS vouchgate_${room} ${extra} LABEL unit)
  endif()
endforeach()
foreach(folder IN LISTS folders)
  if(EXISTS ${CMAKE_SOURCE_DIR}/tests/${folder}/tests.cmake)
    include(tests/${folder}/tests.cmake)
  endif()
endforeach()

# suite: the programs of unit, contract and scenario tests, without the product's own
get_property(suite GLOBAL PROPERTY vouchgate_suite)
add_custom_target(suite DEPENDS ${suite})
