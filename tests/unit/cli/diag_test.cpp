// What a support bundle must not hold, and the names that stand in for others. Never touches a machine.
#include <gtest/gtest.h>

#include "cli/diag/disguise.hpp"
#include "cli/diag/scrub.hpp"

namespace vouchgate::cli::diag {
namespace {

const std::string jwt =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJkZW1vIiwiaWF0IjoxfQ.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw";

TEST(Scrub, TakesOutWhatIsSecretAndNoMore) {
  const struct {
    std::string before, after;
  } table[] = {
      {"token " + jwt + " sent", "token (left out) sent"},
      {"x=" + jwt.substr(0, 20) + ".", "x=(left out)"},
      {"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE KEY-----\nrest", "(left out)\nrest"},
      {R"x({"pem":"-----BEGIN PRIVATE KEY-----\nMHcC\n-----END PRIVATE KEY-----\n","a":1})x",
       R"x({"pem":"(left out)\n","a":1})x"},
      {"MHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVMh5 alone", "(left out) alone"},
      {"mqtts://user:p@ss/w@cloud:8883 refused", "mqtts://(left out)@cloud:8883 refused"},
      {R"x("https://u:p@host/path")x", R"x("https://(left out)@host/path")x"},
      {"password=hunter2, next", "password=(left out), next"},
      {"db_password: 'hun ter2' next", "db_password: '(left out)' next"},
      {R"x({"password":"hun\"ter2","b":1})x", R"x({"password":"(left out)","b":1})x"},
      {R"x({"what":"said \"secret\": \"hunter2\" here"})x", R"x({"what":"said \"secret\": \"(left out)\" here"})x"},
      {"Authorization: Bearer abcdef123456", "Authorization: Bearer (left out)"},
      {"VOUCHGATE_TOKEN=0123456789abcdef0123", "VOUCHGATE_TOKEN=(left out)"},
      {"the value of a file: opensesame!", "the value of a file: (left out)!"},
      // What a supporter needs stays.
      {"token: the key holder does not answer; next try in 2 s",
       "token: the key holder does not answer; next try in 2 s"},
      {"token:\n  lifetime: 60m\n  claims: {}\n", "token:\n  lifetime: 60m\n  claims: {}\n"},
      {R"({"token":{"algorithm":"ES256"}})", R"({"token":{"algorithm":"ES256"}})"},
      {"000b3f9a77e1c2d4000b3f9a77e1c2d4000b3f9a77e1c2d4c1", "000b3f9a77e1c2d4000b3f9a77e1c2d4000b3f9a77e1c2d4c1"},
      {"/var/lib/vouchgate/spool/spool.sqlite3-wal: file 0600",
       "/var/lib/vouchgate/spool/spool.sqlite3-wal: file 0600"},
      {"key: /etc/vouchgate/key.pem: the private key is a file",
       "key: /etc/vouchgate/key.pem: the private key is a file"},
      {"token_file: /etc/vouchgate/tokens/pump-1", "token_file: /etc/vouchgate/tokens/pump-1"},
  };
  for (const auto& row : table) EXPECT_EQ(scrub(row.before, {"opensesame", "abc"}), row.after);
}

TEST(Disguise, IsTheSameEverywhereAndOfWholeNamesOnly) {
  Disguise names;
  names.add("device", "pump-1");
  names.add("device", "pump-10");
  names.add("device", "pump-1");
  names.add("cloud", "mqtt.example.org");
  names.add("host", "localhost");
  EXPECT_EQ(names.text("pump-1 pump-10 pump-100 xpump-1 /devices/pump-1/events pump-1: localhost"),
            "device-1 device-2 pump-100 xpump-1 /devices/device-1/events device-1: localhost");
  EXPECT_EQ(names.text("mqtts://mqtt.example.org:8883"), "mqtts://cloud-1:8883");
}

TEST(Disguise, AddressesAreReplacedButNotThisMachinesOwn) {
  Disguise names;
  EXPECT_EQ(names.text("10.0.0.7:8883, [2001:db8::1]:8883 and 10.0.0.7; 127.0.0.1 ::1 at 14:02:11, v1.2.3."),
            "address-1:8883, [address-2]:8883 and address-1; 127.0.0.1 ::1 at 14:02:11, v1.2.3.");
}

TEST(Disguise, OfADocumentTheValuesOnly) {
  Disguise names;
  names.add("device", "device");
  EXPECT_EQ(names.document(R"({"device":"device","n":[1,"device"]})"),
            "{\n  \"device\": \"device-1\",\n  \"n\": [\n    1,\n    \"device-1\"\n  ]\n}\n");
  EXPECT_EQ(names.document("no json: device"), "no json: device-1");
}

}  // namespace
}  // namespace vouchgate::cli::diag
