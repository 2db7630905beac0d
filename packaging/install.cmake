# What `cmake --install` lays down; packaging/debian splits it into packages.
install(TARGETS vouchgated vouchgate RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
