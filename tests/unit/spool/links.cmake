# SQLite: the tests put a failing disk under it and damage databases.
add_library(spool_faulty_vfs STATIC ${CMAKE_SOURCE_DIR}/tests/unit/spool/faulty_vfs.cpp)
target_link_libraries(spool_faulty_vfs PUBLIC SQLite::SQLite3 vouchgate_flags)
set(extra spool_faulty_vfs)
