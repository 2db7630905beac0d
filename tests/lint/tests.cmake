# The rules that a machine checks, each one ctest entry; python3's standard library, clang-format, shellcheck, systemd-analyze.

foreach(lint rooms third_party pure names coawait sizes format shell top_level words links graph unit_file man_pages)
  add_test(NAME lint.${lint} COMMAND python3 -B ${CMAKE_SOURCE_DIR}/tests/lint/${lint}.py)
  set_tests_properties(lint.${lint} PROPERTIES LABELS lint TIMEOUT 120 SKIP_RETURN_CODE 77)
endforeach()
add_test(NAME lint.every_lint_can_fail COMMAND python3 -B ${CMAKE_SOURCE_DIR}/tests/lint/lint_self_test.py)
set_tests_properties(lint.every_lint_can_fail PROPERTIES LABELS lint TIMEOUT 120)

# Generated documents are fresh.
if(EXISTS ${CMAKE_SOURCE_DIR}/tests/lint/generate.cmake)
  include(${CMAKE_SOURCE_DIR}/tests/lint/generate.cmake)
endif()
