# Benches: built only when asked for, never run by ctest.
option(VOUCHGATE_BENCH "Build the micro benches" OFF)
if(VOUCHGATE_BENCH)
  add_executable(spool_bench ${CMAKE_SOURCE_DIR}/tests/bench/spool_bench.cpp)
  target_link_libraries(spool_bench PRIVATE vouchgate_spool)
  target_include_directories(spool_bench PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)
endif()
