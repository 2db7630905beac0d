# Puts page.html into the program, with the hashes that its Content-Security-Policy names. Never changes a byte of it.
if(CMAKE_SCRIPT_MODE_FILE)
  # cmake -DPAGE=page.html -DOUT=page.cpp -P page.cmake
  file(READ "${PAGE}" page)
  foreach(element script style)
    string(FIND "${page}" "<${element}>" begin)
    string(FIND "${page}" "</${element}>" end)
    string(LENGTH "<${element}>" skipped)
    math(EXPR begin "${begin} + ${skipped}")
    math(EXPR size "${end} - ${begin}")
    string(SUBSTRING "${page}" ${begin} ${size} text)
    string(SHA256 ${element}_sha256 "${text}")
  endforeach()
  file(WRITE "${OUT}" "#include \"page.hpp\"
namespace vouchgate::metrics {
std::string_view page_html() { return R\"page(${page})page\"; }
std::string_view page_script_sha256() { return \"${script_sha256}\"; }
std::string_view page_style_sha256() { return \"${style_sha256}\"; }
}  // namespace vouchgate::metrics
")
  return()
endif()

add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/metrics/page.cpp
  COMMAND ${CMAKE_COMMAND} -DPAGE=${CMAKE_CURRENT_LIST_DIR}/page.html -DOUT=${CMAKE_BINARY_DIR}/metrics/page.cpp
          -P ${CMAKE_CURRENT_LIST_FILE}
  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/page.html ${CMAKE_CURRENT_LIST_FILE}
  VERBATIM)
target_sources(vouchgate_metrics PRIVATE ${CMAKE_BINARY_DIR}/metrics/page.cpp)
