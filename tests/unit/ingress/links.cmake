# Beside vouchgate_base and vouchgate_ingress: the test programs share their inline functions (see the top CMakeLists.txt).
set(extra)
if(VOUCHGATE_SANITIZE MATCHES undefined)
  set_source_files_properties(${files} PROPERTIES COMPILE_OPTIONS -fno-sanitize=vptr)
endif()
