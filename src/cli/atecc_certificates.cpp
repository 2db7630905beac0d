// What Microchip stored in a part that it provisioned: two compressed certificates and a public key, as they lie in
// slots 10 to 12. Never rebuilds an X.509 certificate: the template for that is Microchip's.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "atecc_commands.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/contract/signer.hpp"
#include "vouchgate/keys/atecc608.hpp"
#include "vouchgate/provision/export.hpp"

namespace vouchgate::cli {
namespace {

constexpr const char* honest =
    "Slots 10 and 12 hold certificates in compressed form: signature, dates and numbers. The X.509 certificates take "
    "a\n"
    "template of Microchip's besides (TNGTLS, TFLXTLS in its cryptoauthlib, for use with its parts), which is not "
    "part\n"
    "of this program. The token needs none of them: 'vouchgate key export' prints the public key for the registry.\n";

// X and Y of a public key as data slots hold it: each behind four zero bytes.
Result<Bytes> subject_public_key(const Bytes& slot, const std::string& where) {
  const auto zero = [&](std::size_t at) {
    return slot[at] == 0 && slot[at + 1] == 0 && slot[at + 2] == 0 && slot[at + 3] == 0;
  };
  if (slot.size() != 72 || !zero(0) || !zero(36))
    return fail(Code::corrupt, "atecc", where, "slot 11 holds no public key");
  Bytes der =
      from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004").value();  // RFC 5480: P-256, uncompressed
  der.insert(der.end(), slot.begin() + 4, slot.begin() + 36);
  der.insert(der.end(), slot.begin() + 40, slot.end());
  return der;
}

struct Certificates {
  Bytes device, signer_key, signer;  // slots 10, 11, 12
  std::string signer_pem;
};

Result<Certificates> read(Atecc608Settings settings, const std::string& where) {
  Certificates out;
  for (const auto& [slot, into] : {std::pair(10u, &out.device), {11u, &out.signer_key}, {12u, &out.signer}}) {
    settings.slot = slot;
    auto content = keys::atecc608::read_slot(settings);
    if (!content) return fail(content.error());
    *into = std::move(*content);
  }
  auto der = subject_public_key(out.signer_key, where);
  if (!der) return fail(der.error());
  KeyInfo key;
  key.public_key_der = std::move(*der);
  out.signer_pem = provision::pem(key);
  return out;
}

Result<void> save(const std::string& path, ByteView content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text(content) << std::flush;
  if (file) return {};
  return fail(Code::unavailable, "atecc", path, std::string("cannot be written: ") + std::strerror(errno));
}

Result<void> certificates(Context& context, const Atecc608Settings& settings, const std::string& directory) {
  const auto chip = look_at(settings);
  if (!chip) return fail(chip.error());
  if (atecc608::trust_platform(chip->zone).empty())
    return fail(Code::not_found, "atecc", chip->where(),
                "is not a part that Microchip provisioned (Trust&GO, TrustFLEX)", "only those come with certificates");
  const auto found = read(settings, chip->where());
  if (!found) return fail(found.error());
  if (!directory.empty()) {
    const std::tuple<const char*, ByteView> files[] = {{"device-certificate.compressed", found->device},
                                                       {"signer-certificate.compressed", found->signer},
                                                       {"signer-public-key.pem", view(found->signer_pem)}};
    for (const auto& [name, content] : files)
      if (auto saved = save(directory + "/" + name, content); !saved) return saved;
  }
  if (context.json)
    std::cout << Json{{"chip", chip_json(*chip)},
                      {"device_certificate_compressed", hex(found->device)},
                      {"signer_certificate_compressed", hex(found->signer)},
                      {"signer_public_key_pem", found->signer_pem},
                      {"directory", directory}}
                     .dump()
              << "\n";
  else
    std::cout << "device certificate, compressed, slot 10\n  " << hex(found->device)
              << "\nsigner certificate, compressed, slot 12\n  " << hex(found->signer)
              << "\nsigner public key, slot 11\n"
              << found->signer_pem << honest;
  return {};
}

}  // namespace

void add_atecc_certificates(CLI::App& atecc, Context& context, const std::shared_ptr<ChipOptions>& options) {
  auto* verb =
      atecc.add_subcommand("certificates", "what Microchip stored in a Trust&GO or TrustFLEX part, as it lies there");
  auto directory = std::make_shared<std::string>();
  verb->add_option("--directory", *directory, "write the three files there as well")->check(CLI::ExistingDirectory);
  verb->callback([&context, options, directory] {
    run_on_chip(context, *options,
                [&](const Atecc608Settings& settings) { return certificates(context, settings, *directory); });
  });
}

}  // namespace vouchgate::cli
