# vouchgate-emulator: the launcher and the mosquitto plugin.
