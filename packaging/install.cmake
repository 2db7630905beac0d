# What `cmake --install` lays down besides the emulator's own rules; packaging/debian splits it into packages.
# The unit names /usr/sbin/vouchgated, so it is configured with the real place.
install(TARGETS vouchgated RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS vouchgate RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

file(READ ${CMAKE_SOURCE_DIR}/systemd/vouchgated.service unit)
string(REPLACE "/usr/sbin/vouchgated" "${CMAKE_INSTALL_FULL_SBINDIR}/vouchgated" unit "${unit}")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/vouchgated.service CONTENT "${unit}" @ONLY)
set(systemd_dir lib/systemd) # not LIBDIR: units are architecture independent
install(FILES ${CMAKE_BINARY_DIR}/vouchgated.service ${CMAKE_SOURCE_DIR}/systemd/vouchgated.socket DESTINATION ${systemd_dir}/system)
install(FILES ${CMAKE_SOURCE_DIR}/systemd/vouchgate.catalog DESTINATION ${systemd_dir}/catalog)
install(FILES ${CMAKE_SOURCE_DIR}/systemd/vouchgate.sysusers DESTINATION lib/sysusers.d RENAME vouchgate.conf)
install(FILES ${CMAKE_SOURCE_DIR}/systemd/vouchgate.tmpfiles DESTINATION lib/tmpfiles.d RENAME vouchgate.conf)

install(FILES ${CMAKE_SOURCE_DIR}/config/vouchgate.yaml DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/vouchgate)
install(FILES ${CMAKE_SOURCE_DIR}/config/vouchgate.schema.json ${CMAKE_SOURCE_DIR}/systemd/atecc608.conf DESTINATION ${CMAKE_INSTALL_DATADIR}/vouchgate)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/config/grafana ${CMAKE_SOURCE_DIR}/config/alerts DESTINATION ${CMAKE_INSTALL_DATADIR}/vouchgate)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/config/examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
foreach(program vouchgate vouchgated)
  set(completions ${CMAKE_SOURCE_DIR}/packaging/completions)
  install(FILES ${completions}/${program}.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${program})
  install(FILES ${completions}/_${program} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(FILES ${completions}/${program}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endforeach()

install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md" PATTERN "*.png" PATTERN "man" EXCLUDE)
install(FILES ${CMAKE_SOURCE_DIR}/docs/man/vouchgate.1 ${CMAKE_SOURCE_DIR}/docs/man/vouchgate-emulator.1
  ${CMAKE_SOURCE_DIR}/docs/man/vouchgate-emulator-atecc608.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_SOURCE_DIR}/docs/man/vouchgate.yaml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${CMAKE_SOURCE_DIR}/docs/man/vouchgate-child.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
install(FILES ${CMAKE_SOURCE_DIR}/docs/man/vouchgated.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
