// What the sanitizers may overlook in Paho as distributions ship it, built into test programs that use it. Never
// overlooks anything of ours. tsan.supp and lsan.supp say the same to whole programs.
extern "C" {
const char* __tsan_default_suppressions();
const char* __lsan_default_suppressions();

const char* __tsan_default_suppressions() { return "race:libpaho-mqttpp3.so\n"; }
const char* __lsan_default_suppressions() { return "leak:libpaho-mqtt3as.so\n"; }
}
