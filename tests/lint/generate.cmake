# Generated documents: `ninja -C build/dev regenerate` writes them, the lint entries compare them byte for byte.
add_executable(vouchgate_generate ${CMAKE_CURRENT_LIST_DIR}/generate.cpp)
target_link_libraries(vouchgate_generate PRIVATE vouchgate_config)
set(generated_yaml config/vouchgate.yaml)
set(generated_schema config/vouchgate.schema.json)
set(generated_configuration docs/configuration.md)
set(generated_manual docs/man/vouchgate.yaml.5)
set(generated_messages docs/messages.md)
set(generated_catalog systemd/vouchgate.catalog)
set(regenerate)
foreach(what yaml schema configuration manual messages catalog)
  add_test(NAME lint.${generated_${what}}_is_fresh
    COMMAND sh -c "\"$1\" ${what} | cmp - \"$2\" || { echo 'run: ninja -C build/dev regenerate'; exit 1; }" sh
      $<TARGET_FILE:vouchgate_generate> ${CMAKE_SOURCE_DIR}/${generated_${what}})
  set_tests_properties(lint.${generated_${what}}_is_fresh PROPERTIES LABELS lint)
  list(APPEND regenerate COMMAND sh -c "\"$1\" ${what} > \"$2\"" sh $<TARGET_FILE:vouchgate_generate> ${CMAKE_SOURCE_DIR}/${generated_${what}})
endforeach()
add_custom_target(regenerate ${regenerate} VERBATIM)
