// A private folder beside the result, tar(1), rename(2).
#include "archive.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "../check/program.hpp"

namespace vouchgate::cli::diag {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> cannot(const std::string& path, const std::string& why) {
  return fail(Code::unavailable, "diag", path, why, "name another file with -o");
}

// Made with mode 0700 (mkdtemp(3)); gone with everything in it at the end.
class Workshop {
 public:
  explicit Workshop(const fs::path& beside) : path_(beside / ".vouchgate-diag-XXXXXX") {
    made_ = ::mkdtemp(path_.data()) != nullptr;
    error_ = errno;
  }
  ~Workshop() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  bool made() const { return made_; }
  std::string why() const { return std::generic_category().message(error_); }
  fs::path path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
  int error_ = 0;
};

bool write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  return static_cast<bool>(file << text << std::flush);
}

}  // namespace

Result<std::uint64_t> pack(const Bundle& bundle, const std::string& path) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(path, error)))
    return fail(Code::invalid, "diag", path, "exists already", "name another file with -o");
  const fs::path folder = fs::path(path).has_parent_path() ? fs::path(path).parent_path() : ".";
  const Workshop workshop(folder);
  if (!workshop.made()) return cannot(folder, workshop.why());
  const std::string name = "vouchgate-diag";
  fs::create_directory(workshop.path() / name, error);
  for (const Item& item : bundle.items)
    if (!write(workshop.path() / name / item.name, item.text)) return cannot(path, "cannot be written");
  const std::string packed = workshop.path() / "bundle.tar.gz";
  // Nobody's name goes along.
  const auto tar = check::run_program({"tar", "--create", "--gzip", "--file", packed, "--directory", workshop.path(),
                                       "--owner=root:0", "--group=root:0", "--mode=u=rwX,go=", "--sort=name", name},
                                      std::chrono::seconds(60));
  if (!tar) return fail(tar.error());
  if (tar->exit_code != 0) return cannot(path, "tar: " + tar->text.substr(0, tar->text.find('\n')));
  if (::chmod(packed.c_str(), 0600) != 0) return cannot(path, std::generic_category().message(errno));
  const std::uint64_t size = fs::file_size(packed, error);
  fs::rename(packed, path, error);
  if (error) return cannot(path, error.message());
  return size;
}

}  // namespace vouchgate::cli::diag
