// What only a key in a TPM has to show, on a software TPM that can lose power, be cleared and hold foreign keys.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tpm_fixture.hpp"
#include "virtual_time.hpp"

namespace vouchgate::keys {
namespace {

TEST_F(TpmKey, is_born_in_the_chip_fixed_to_it_and_only_signs) {
  ASSERT_TRUE(create(settings));
  const auto key = context()->persistent(settings.tpm.handle);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->area.publicArea.objectAttributes, TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                                       TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
                                                       TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT);
}

TEST_F(TpmKey, uses_the_storage_root_key_that_is_there) {
  ASSERT_TRUE(create(settings));
  const Bytes before = context()->persistent(settings.tpm.parent)->name;
  ASSERT_TRUE(remove(settings));
  ASSERT_TRUE(create(settings));
  EXPECT_EQ(context()->persistent(settings.tpm.parent)->name, before);
}

TEST_F(TpmKey, a_foreign_key_at_the_parent_or_the_handle_is_an_error_and_left_alone) {
  ASSERT_TRUE(create(settings));
  KeySettings other = settings;
  other.tpm.parent = settings.tpm.handle;  // a signing key, no parent
  other.tpm.handle = 0x81000200;
  other.tpm.key_file += ".other";
  const auto wrong_parent = create(other);
  ASSERT_FALSE(wrong_parent);
  EXPECT_EQ(wrong_parent.error().code, Code::mismatch);
  // Another gateway's key lies at our handle, while our file pins ours.
  const std::string mine = key_file();
  const Bytes before = context()->persistent(settings.tpm.handle)->name;
  ASSERT_TRUE(remove(settings));
  ASSERT_TRUE(create(settings));
  const Bytes foreign = context()->persistent(settings.tpm.handle)->name;
  ASSERT_NE(foreign, before);
  write("key.tss2.pem", mine);
  for (const auto& failed : {open(settings).error(), remove(settings).error()}) {
    EXPECT_EQ(failed.code, Code::mismatch);
    EXPECT_NE(failed.line().find("the handle holds another key (Name 000b"), std::string::npos) << failed.text();
  }
  EXPECT_EQ(context()->persistent(settings.tpm.handle)->name, foreign);
}

TEST_F(TpmKey, comes_back_from_its_file_when_the_handle_is_empty) {
  auto made = create(settings);
  ASSERT_TRUE(made);
  const std::string name = (*made)->info().name;
  made->reset();
  {
    const auto tpm = context();
    ASSERT_TRUE(tpm->evict(tpm->persistent(settings.tpm.handle)->handle, settings.tpm.handle));
  }
  const auto again = open(settings);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ((*again)->info().name, name);
  EXPECT_TRUE(context()->persistent(settings.tpm.handle)) << "and is persistent again";
}

TEST_F(TpmKey, without_its_file_a_key_at_the_handle_is_not_ours) {
  ASSERT_TRUE(create(settings));
  std::filesystem::remove(settings.tpm.key_file);
  const auto opened = open(settings);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::mismatch);
  EXPECT_NE(opened.error().hint.find("--handle 0x81000101"), std::string::npos);
}

TEST_F(TpmKey, a_cleared_tpm_is_said_so) {
  ASSERT_TRUE(create(settings));
  ASSERT_EQ(Esys_Clear(context()->get(), ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE), 0u);
  const auto opened = open(settings);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::mismatch);
  EXPECT_NE(opened.error().hint.find("the TPM was cleared"), std::string::npos);
}

TEST_F(TpmKey, a_replaced_storage_root_key_is_noticed) {
  ASSERT_TRUE(create(settings));
  ASSERT_EQ(Esys_Clear(context()->get(), ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE), 0u);
  KeySettings other = settings;
  other.tpm.handle = 0x81000200;
  other.tpm.key_file += ".other";
  ASSERT_TRUE(create(other));  // a new SRK, below a new owner seed
  const auto opened = open(settings);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().line().find("the storage root key is another one"), std::string::npos)
      << opened.error().text();
}

TEST_F(TpmKey, a_secret_authorisation_value_signs_through_a_salted_session_and_a_wrong_one_is_denied) {
  settings.tpm.auth_file = write("auth", "correct horse\n");
  auto made = create(settings);
  ASSERT_TRUE(made) << made.error().text();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE((*made)->sign(view("input")));
  made->reset();
  EXPECT_NE(key_file().find("TSS2 PRIVATE KEY"), std::string::npos);
  ASSERT_TRUE((*open(settings))->sign(view("input")));
  settings.tpm.auth_file = write("wrong", "battery staple");
  auto opened = open(settings);
  ASSERT_TRUE(opened);
  for (int i = 0; i < 20; ++i) {
    const auto refused = (*opened)->sign(view("input"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::denied) << refused.error().text();
  }
  opened->reset();
  settings.tpm.auth_file.clear();
  EXPECT_EQ((*open(settings))->sign(view("input")).error().code, Code::denied);
  EXPECT_EQ(lockout_counter(), 0u) << "noDA: wrong values never lock the TPM";
}

TEST_F(TpmKey, authorisation_files_are_checked) {
  const auto reason = [&](const std::string& path) {
    settings.tpm.auth_file = path;
    return create(settings).error().line();
  };
  EXPECT_NE(reason(write("open", "secret", 0644)).find("can be read by others"), std::string::npos);
  EXPECT_NE(reason(write("empty", "\n")).find("is empty"), std::string::npos);
  EXPECT_NE(reason(write("long", std::string(33, 'x'))).find("over 32 bytes"), std::string::npos);
  EXPECT_NE(reason(write("zero", std::string("a\0", 2))).find("zero byte"), std::string::npos);
  EXPECT_NE(reason("credential:tpm").find("systemd handed over no credentials"), std::string::npos);
}

TEST_F(TpmKey, a_systemd_credential_is_the_authorisation_value_with_the_mode_that_systemd_gives_it) {
  const auto path = std::filesystem::path(write("credentials-tpm", "correct horse\n", 0440));
  ::setenv("CREDENTIALS_DIRECTORY", path.parent_path().c_str(), 1);
  settings.tpm.auth_file = "credential:credentials-tpm";
  const auto made = create(settings);
  ::unsetenv("CREDENTIALS_DIRECTORY");
  ASSERT_TRUE(made) << made.error().text();
  ASSERT_TRUE((*made)->sign(view("input")));
}

TEST_F(TpmKey, nothing_stays_loaded_in_a_chip_without_a_resource_manager) {
  for (int i = 0; i < 4; ++i) {  // it has three places
    const auto made = create(settings);
    ASSERT_TRUE(made) << made.error().text();
    {
      const auto tpm = context();
      ASSERT_TRUE(tpm->evict(tpm->persistent(settings.tpm.handle)->handle, settings.tpm.handle));
    }
    ASSERT_TRUE(open(settings)) << "from its file";
    ASSERT_TRUE(remove(settings));
  }
}

TEST_F(TpmKey, describe_tells_ours_from_foreign_from_absent) {
  EXPECT_EQ(describe(settings).error().code, Code::not_found);
  auto made = create(settings);
  ASSERT_TRUE(made);
  auto found = describe(settings);
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_TRUE(found->ours());
  EXPECT_EQ(found->name, (*made)->info().name);
  EXPECT_EQ(found->algorithm, "ES256");
  EXPECT_EQ(found->hardware, "IBM SW TPM");
  EXPECT_EQ(found->attributes, (std::vector<std::string>{"fixedtpm", "fixedparent", "sensitivedataorigin",
                                                         "userwithauth", "noda", "sign"}));
  made->reset();
  KeySettings other = settings;
  other.tpm.handle = settings.tpm.parent;  // the storage root key, which is no signing key
  found = describe(other);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->present);
  EXPECT_FALSE(found->ours());
  EXPECT_EQ(found->algorithm, "other");
  other.tpm.handle = 0x81000200;
  found = describe(other);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->present) << "the file alone";
}

TEST_F(TpmKey, power_cuts_do_not_raise_the_lockout_counter) {
  ASSERT_TRUE(create(settings));
  for (int i = 0; i < 5; ++i) {
    auto signer = open(settings);
    ASSERT_TRUE(signer) << signer.error().text();
    ASSERT_TRUE((*signer)->sign(view("input")));
    swtpm.kill_hard();
    signer->reset();
    swtpm.start();
  }
  EXPECT_EQ(lockout_counter(), 0u);
}

TEST_F(TpmKey, the_service_survives_a_tpm_that_goes_and_comes_back) {
  ASSERT_TRUE(create(settings));
  support::ManualPost loop;
  support::VirtualTime time;
  const auto service = start_service(settings, loop.post(), time);
  std::vector<Result<Bytes>> answers;
  const auto ask = [&] {
    const auto wanted = answers.size() + 1;
    service->sign("input", [&](Result<Bytes> answer) { answers.push_back(std::move(answer)); });
    ASSERT_TRUE(loop.run_until([&] { return answers.size() == wanted; }));
  };
  ask();
  EXPECT_TRUE(answers.back());
  swtpm.kill_hard();
  ask();
  ASSERT_FALSE(answers.back());
  EXPECT_EQ(answers.back().error().code, Code::unavailable) << answers.back().error().text();
  swtpm.start();
  ask();
  EXPECT_TRUE(answers.back()) << answers.back().error().text();
}

TEST_F(TpmKey, its_file_is_private_and_others_can_parse_it) {
  ASSERT_TRUE(create(settings));
  struct stat facts {};
  ASSERT_EQ(::stat(settings.tpm.key_file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  const std::string out = swtpm.directory() + "/asn1";
  ASSERT_EQ(std::system(("openssl asn1parse -in " + settings.tpm.key_file + " > " + out).c_str()), 0);
  std::ifstream file(out);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(text.find("2.23.133.10.1.3"), std::string::npos) << text;
}

TEST_F(TpmKey, a_damaged_file_never_leads_to_another_key) {
  auto made = create(settings);
  ASSERT_TRUE(made);
  const std::string name = (*made)->info().name;
  made->reset();
  const std::string good = key_file();
  for (std::size_t at = 0; at < good.size() - 1; at += 17) {
    std::string bad = good;
    bad[at] = bad[at] == 'A' ? 'B' : 'A';
    write("key.tss2.pem", bad);
    const auto opened = open(settings);
    if (opened) EXPECT_EQ((*opened)->info().name, name) << at;
    // The wrapped part is needed only when the TPM does not hold the key.
    else
      EXPECT_TRUE(opened.error().code == Code::corrupt || opened.error().code == Code::mismatch)
          << opened.error().text();
  }
  write("key.tss2.pem", "nonsense");
  EXPECT_EQ(open(settings).error().code, Code::corrupt);
}

TEST_F(TpmKey, missing_devices_and_transports_have_a_sentence) {
  settings.tpm.tcti = "device:/dev/no-such-tpm";
  EXPECT_EQ(open(settings).error().line(), "tpm: /dev/no-such-tpm: is not there");
  settings.tpm.tcti = "swtpm:path=" + swtpm.directory() + "/nothing.sock";
  EXPECT_EQ(open(settings).error().code, Code::unavailable);
  settings.tpm.tcti = "no-such-transport:x";
  EXPECT_EQ(open(settings).error().code, Code::unavailable);
  settings.tpm.tcti.clear();
  EXPECT_EQ(open(settings).error().code, Code::invalid);
}

}  // namespace
}  // namespace vouchgate::keys
