# Every tests/fuzz/<name>_fuzz.cpp: with VOUCHGATE_FUZZ a libFuzzer program, always a replay of tests/fuzz/corpus/<name>/
# as a ctest, so that what a fuzzer once found stays found in the dev and asan builds too.
# name -> the room under test; a new fuzzer without a line here does not link, which is the reminder.
set(fuzz_room_config_load config)
set(fuzz_room_chip_config config)
set(fuzz_room_token_inspect token)
set(fuzz_room_dialect_read dialect)
set(fuzz_room_child_line ingress)
set(fuzz_room_spool_row spool)
set(fuzz_room_chip_answer keys)

file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp)
foreach(source ${fuzzers})
  string(REGEX REPLACE ".*/([a-z_]+)_fuzz\\.cpp$" "\\1" name ${source})
  if(VOUCHGATE_FUZZ)
    add_executable(fuzz_${name} ${source})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(fuzz_${name} ${source} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
  endif()
  target_link_libraries(fuzz_${name} PRIVATE vouchgate_${fuzz_room_${name}})
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src/${fuzz_room_${name}})
  list(APPEND fuzz_programs fuzz_${name})

  if(VOUCHGATE_FUZZ) # -runs=0: read the corpus, invent nothing
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} -runs=0 ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  else()
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  endif()
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endforeach()
add_custom_target(fuzzers DEPENDS ${fuzz_programs})
