// Return codes become Errors that a caller can choose by. Literal codes, so that the library's names are checked too.
#include "keys/tpm/rc_map.hpp"

#include <gtest/gtest.h>

namespace vouchgate::keys::tpm {
namespace {

struct Case {
  TSS2_RC rc;
  Code code;
};

TEST(RcMap, every_code_that_matters_has_its_kind) {
  const Case cases[] = {
      {0x921, Code::unavailable},    // lockout
      {0x98e, Code::denied},         // authorisation failed, session 1
      {0x9a2, Code::denied},         // the same for a key without dictionary-attack protection
      {0x922, Code::busy},           // retry
      {0x908, Code::busy},           // yielded
      {0x90a, Code::busy},           // testing
      {0x920, Code::busy},           // NV rate
      {0x923, Code::busy},           // NV unavailable
      {0x902, Code::busy},           // object memory
      {0x903, Code::busy},           // session memory
      {0x904, Code::busy},           // memory
      {0x901, Code::busy},           // context gap
      {0x101, Code::unavailable},    // failure mode
      {0x100, Code::unavailable},    // no Startup
      {0x18b, Code::not_found},      // handle 1
      {0x1df, Code::mismatch},       // integrity of parameter 1
      {0x2df, Code::mismatch},       // integrity of parameter 2
      {0x14b, Code::full},           // NV space
      {0xa000a, Code::unavailable},  // TCTI: I/O error
      {0xa0008, Code::unavailable},  // TCTI: no connection
      {0xa7f00, Code::timeout},      // TCTI: our deadline
      {0xb0143, Code::unavailable},  // the resource manager's own
      {0x130, Code::unavailable},    // reboot
      {0x906, Code::busy},           // object handles
      {0x70007, Code::unavailable},  // ESAPI: bad sequence
      {0xc0902, Code::busy},         // the same from a resource manager
  };
  for (const Case& c : cases) {
    const Error error = explain(c.rc, "0x81000100");
    EXPECT_EQ(error.code, c.code) << std::hex << c.rc << ": " << error.line();
    EXPECT_EQ(error.line().rfind("tpm: 0x81000100: ", 0), 0u) << error.line();
  }
}

TEST(RcMap, a_format_one_code_loses_its_parameter_number_and_other_layers_are_not_the_tpm) {
  EXPECT_EQ(tpm_code(0x1df), 0x9fu);
  EXPECT_EQ(tpm_code(0x9a2), 0xa2u);
  EXPECT_EQ(tpm_code(0x922), 0x922u);
  EXPECT_EQ(tpm_code(0xb0922), 0u) << "the resource manager's own code";
  EXPECT_EQ(tpm_code(0x70007), 0u);
}

TEST(RcMap, a_code_without_a_row_keeps_the_librarys_text) { EXPECT_FALSE(explain(0x12f, "x").reason.empty()); }

}  // namespace
}  // namespace vouchgate::keys::tpm
