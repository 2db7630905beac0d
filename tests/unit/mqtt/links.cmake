# A real mosquitto, a scripted broker, and the room's private headers for its pure parts.
add_library(brokers STATIC tests/support/mosquitto.cpp tests/support/scripted_broker.cpp)
target_include_directories(brokers PUBLIC tests/support)
target_link_libraries(brokers PUBLIC vouchgate_flags OpenSSL::SSL Threads::Threads)
add_library(sanitizer_defaults OBJECT tests/support/sanitizers.cpp)
set(extra brokers paho sanitizer_defaults)
