# The simulated ATECC608 offers itself by FUSE or CUSE.
pkg_check_modules(FUSE REQUIRED IMPORTED_TARGET fuse3)
target_link_libraries(vouchgate_emulator PRIVATE PkgConfig::FUSE)

add_executable(vouchgate-emulator-atecc608 src/emulator/atecc608_main.cpp)
target_include_directories(vouchgate-emulator-atecc608 PRIVATE src/emulator)
target_link_libraries(vouchgate-emulator-atecc608 PRIVATE vouchgate_emulator)

# vouchgate-emulator: the launcher and the mosquitto plugin. The plugin is found next to the launcher in a build tree and
# below the library directory once installed.
find_path(MOSQUITTO_PLUGIN_INCLUDE mosquitto_plugin.h REQUIRED)
set(emulator_plugin_dir ${CMAKE_INSTALL_LIBDIR}/vouchgate-emulator)

# Relative to the program's own folder, so an installed tree may be moved.
target_compile_definitions(vouchgate_emulator PRIVATE VOUCHGATE_EMULATOR_PLUGIN_SUBDIR="${emulator_plugin_dir}")

add_executable(vouchgate-emulator src/emulator/main.cpp)
target_include_directories(vouchgate-emulator PRIVATE src/emulator)
target_link_libraries(vouchgate-emulator PRIVATE vouchgate_emulator)

add_library(vouchgate_emulator_plugin MODULE src/emulator/plugin.cpp)
set_target_properties(vouchgate_emulator_plugin PROPERTIES PREFIX "")
target_include_directories(vouchgate_emulator_plugin PRIVATE src/emulator)
target_include_directories(vouchgate_emulator_plugin SYSTEM PRIVATE ${MOSQUITTO_PLUGIN_INCLUDE})
target_link_libraries(vouchgate_emulator_plugin PRIVATE vouchgate_emulator)
# Only the broker's entry points leave the module: libraries inside must not meet the broker's own.
target_link_options(vouchgate_emulator_plugin PRIVATE -Wl,--exclude-libs,ALL)
add_dependencies(vouchgate-emulator vouchgate_emulator_plugin)

install(TARGETS vouchgate-emulator vouchgate-emulator-atecc608 RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS vouchgate_emulator_plugin LIBRARY DESTINATION ${emulator_plugin_dir})
