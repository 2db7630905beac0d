// DER by OpenSSL's ASN.1 templates, TPM structures by tss2-mu.
#include "key_file.hpp"

#include <openssl/asn1t.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <tss2/tss2_mu.h>

#include <memory>

#include "../secret_file.hpp"

namespace {

constexpr const char* loadable_key_oid = "2.23.133.10.1.3";

struct TpmKey {
  ASN1_OBJECT* type;
  ASN1_BOOLEAN empty_auth;
  STACK_OF(ASN1_TYPE) * policy;
  ASN1_OCTET_STRING* secret;
  STACK_OF(ASN1_TYPE) * auth_policy;
  ASN1_INTEGER* parent;
  ASN1_OCTET_STRING* area;
  ASN1_OCTET_STRING* wrapped;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wpedantic"
ASN1_SEQUENCE(TpmKey) = {ASN1_SIMPLE(TpmKey, type, ASN1_OBJECT),
                         ASN1_EXP_OPT(TpmKey, empty_auth, ASN1_BOOLEAN, 0),
                         ASN1_EXP_SEQUENCE_OF_OPT(TpmKey, policy, ASN1_ANY, 1),
                         ASN1_EXP_OPT(TpmKey, secret, ASN1_OCTET_STRING, 2),
                         ASN1_EXP_SEQUENCE_OF_OPT(TpmKey, auth_policy, ASN1_ANY, 3),
                         ASN1_SIMPLE(TpmKey, parent, ASN1_INTEGER),
                         ASN1_SIMPLE(TpmKey, area, ASN1_OCTET_STRING),
                         ASN1_SIMPLE(TpmKey, wrapped, ASN1_OCTET_STRING)} ASN1_SEQUENCE_END(TpmKey)
#pragma GCC diagnostic pop

    struct FreeKey {
  void operator()(TpmKey* key) const { ASN1_item_free(reinterpret_cast<ASN1_VALUE*>(key), ASN1_ITEM_rptr(TpmKey)); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using OwnedKey = std::unique_ptr<TpmKey, FreeKey>;
using Bio = std::unique_ptr<BIO, FreeBio>;

}  // namespace

namespace vouchgate::keys::tpm {
namespace {

constexpr const char* pem_name = "TSS2 PRIVATE KEY";
constexpr std::string_view parent_line = "Vouchgate-Parent-Name: ";

ByteView content(const ASN1_OCTET_STRING* string) {
  return {ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

}  // namespace

Result<std::string> write_pem(const KeyFile& key) {
  Bytes area(sizeof(TPM2B_PUBLIC) * 2);
  Bytes wrapped(sizeof(TPM2B_PRIVATE) * 2);
  std::size_t area_size = 0;
  std::size_t wrapped_size = 0;
  const OwnedKey out(reinterpret_cast<TpmKey*>(ASN1_item_new(ASN1_ITEM_rptr(TpmKey))));
  if (!out || Tss2_MU_TPM2B_PUBLIC_Marshal(&key.area, area.data(), area.size(), &area_size) != TSS2_RC_SUCCESS ||
      Tss2_MU_TPM2B_PRIVATE_Marshal(&key.secret, wrapped.data(), wrapped.size(), &wrapped_size) != TSS2_RC_SUCCESS)
    return fail(Code::internal, "key file", "", "could not be encoded");
  out->type = OBJ_txt2obj(loadable_key_oid, 1);
  out->empty_auth = key.empty_auth ? 0xff : -1;  // -1: absent
  ASN1_INTEGER_set_uint64(out->parent, key.parent);
  ASN1_OCTET_STRING_set(out->area, area.data(), static_cast<int>(area_size));
  ASN1_OCTET_STRING_set(out->wrapped, wrapped.data(), static_cast<int>(wrapped_size));
  unsigned char* der = nullptr;
  const int size = ASN1_item_i2d(reinterpret_cast<ASN1_VALUE*>(out.get()), &der, ASN1_ITEM_rptr(TpmKey));
  if (size <= 0) return fail(Code::internal, "key file", "", "could not be encoded");
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio(bio.get(), pem_name, "", der, size);
  OPENSSL_free(der);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return std::string(parent_line) + hex(key.parent_name) + "\n" + std::string(text, static_cast<std::size_t>(length));
}

Result<KeyFile> read_pem(const std::string& text, const std::string& path) {
  const auto refuse = [&](const char* reason) {
    return fail(Code::corrupt, "key", path, reason,
                "restore it from a backup, or make a new key with 'vouchgate key create'");
  };
  KeyFile key;
  if (text.starts_with(parent_line)) {
    const auto end = text.find('\n');
    auto name = from_hex(std::string_view(text).substr(parent_line.size(), end - parent_line.size()));
    if (end == std::string::npos || !name) return refuse("its first line is damaged");
    key.parent_name = std::move(*name);
  }
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1) return refuse("is not a PEM file");
  const bool right_name = std::string_view(name) == pem_name;
  OPENSSL_free(name);
  OPENSSL_free(header);
  const unsigned char* at = data;
  const OwnedKey in(reinterpret_cast<TpmKey*>(ASN1_item_d2i(nullptr, &at, size, ASN1_ITEM_rptr(TpmKey))));
  OPENSSL_free(data);
  if (!right_name || !in) return refuse("is not a TSS2 PRIVATE KEY");
  char oid[64];
  OBJ_obj2txt(oid, sizeof oid, in->type, 1);
  if (std::string_view(oid) != loadable_key_oid) return refuse("holds another type of TPM key");
  if (in->policy != nullptr || in->secret != nullptr || in->auth_policy != nullptr)
    return refuse("needs a policy, which is not supported");
  std::uint64_t parent = 0;
  const ByteView area = content(in->area);
  const ByteView wrapped = content(in->wrapped);
  std::size_t area_end = 0;
  std::size_t wrapped_end = 0;
  if (ASN1_INTEGER_get_uint64(&parent, in->parent) != 1 || parent > 0xffffffff ||
      Tss2_MU_TPM2B_PUBLIC_Unmarshal(area.data(), area.size(), &area_end, &key.area) != TSS2_RC_SUCCESS ||
      area_end != area.size() ||
      Tss2_MU_TPM2B_PRIVATE_Unmarshal(wrapped.data(), wrapped.size(), &wrapped_end, &key.secret) != TSS2_RC_SUCCESS ||
      wrapped_end != wrapped.size())
    return refuse("is damaged");
  key.parent = static_cast<TPM2_HANDLE>(parent);
  key.empty_auth = in->empty_auth > 0;
  return key;
}

Result<KeyFile> read_key_file(const std::string& path) {
  const auto text = read_file("key", path);
  if (!text) return fail(text.error());
  return read_pem(*text, path);
}

}  // namespace vouchgate::keys::tpm
