// A directory with one file that answers i2c-dev's ioctls. Never caches: every call reaches the adapter.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "caller_memory.hpp"
#include "device_session.hpp"
#include "fuse_reply.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

constexpr fuse_ino_t device_inode = 2;
constexpr double seconds_known = 0;  // attributes are asked for each time, so that a dead mount shows at once

struct Mount {
  Adapter& adapter;
  std::string name;
  mode_t mode = 0666;
  uid_t owner = 0;
  gid_t group = 0;
  bool ready = false;
};

Mount& mount_of(fuse_req_t request) { return *static_cast<Mount*>(fuse_req_userdata(request)); }

struct stat attributes(const Mount& mount, fuse_ino_t inode) {
  struct stat out {};
  out.st_ino = inode;
  out.st_mode = inode == FUSE_ROOT_ID ? S_IFDIR | 0755U : S_IFREG | mount.mode;
  out.st_nlink = inode == FUSE_ROOT_ID ? 2 : 1;
  if (inode == device_inode) {
    out.st_uid = mount.owner;
    out.st_gid = mount.group;
  }
  return out;
}

void init(void* data, fuse_conn_info*) { static_cast<Mount*>(data)->ready = true; }

void lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  const Mount& mount = mount_of(request);
  if (parent != FUSE_ROOT_ID || mount.name != name) {
    fuse_reply_err(request, ENOENT);
    return;
  }
  fuse_entry_param entry{};
  entry.ino = device_inode;
  entry.attr = attributes(mount, device_inode);
  entry.attr_timeout = entry.entry_timeout = seconds_known;
  fuse_reply_entry(request, &entry);
}

void get_attributes(fuse_req_t request, fuse_ino_t inode, fuse_file_info*) {
  const struct stat now = attributes(mount_of(request), inode);
  fuse_reply_attr(request, &now, seconds_known);
}

// chmod and chown, for tests of what a user without rights is told.
void set_attributes(fuse_req_t request, fuse_ino_t inode, struct stat* wanted, int which, fuse_file_info*) {
  Mount& mount = mount_of(request);
  if (inode == device_inode && (which & FUSE_SET_ATTR_MODE) != 0) mount.mode = wanted->st_mode & 07777U;
  if (inode == device_inode && (which & FUSE_SET_ATTR_UID) != 0) mount.owner = wanted->st_uid;
  if (inode == device_inode && (which & FUSE_SET_ATTR_GID) != 0) mount.group = wanted->st_gid;
  get_attributes(request, inode, nullptr);
}

void read_directory(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info*) {
  const Mount& mount = mount_of(request);
  std::vector<char> out(size);
  std::size_t used = 0;
  const std::pair<const char*, fuse_ino_t> entries[]{
      {".", FUSE_ROOT_ID}, {"..", FUSE_ROOT_ID}, {mount.name.c_str(), device_inode}};
  for (off_t i = offset; i < 3; ++i) {
    const struct stat each = attributes(mount, entries[i].second);
    const std::size_t needed =
        fuse_add_direntry(request, out.data() + used, size - used, entries[i].first, &each, i + 1);
    if (needed > size - used) break;
    used += needed;
  }
  fuse_reply_buf(request, out.data(), used);
}

void open(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  if (inode == device_inode)
    reply_open(request, info, mount_of(request).adapter);
  else
    fuse_reply_err(request, EISDIR);
}

void release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  reply_release(request, info, mount_of(request).adapter);
}

void read(fuse_req_t request, fuse_ino_t, std::size_t size, off_t, fuse_file_info* info) {
  reply_read(request, size, info, mount_of(request).adapter);
}

void write(fuse_req_t request, fuse_ino_t, const char* bytes, std::size_t size, off_t, fuse_file_info* info) {
  reply_write(request, bytes, size, info, mount_of(request).adapter);
}

void ioctl(fuse_req_t request, fuse_ino_t inode, unsigned command, void* argument, fuse_file_info* info, unsigned flags,
           const void*, std::size_t, std::size_t) {
  if (inode != device_inode || (flags & FUSE_IOCTL_COMPAT) != 0) {  // a 32-bit caller has other structures
    fuse_reply_err(request, ENOTTY);
    return;
  }
  ProcessMemory memory(fuse_req_ctx(request)->pid);
  const int result =
      mount_of(request).adapter.ioctl(info->fh, command, reinterpret_cast<std::uintptr_t>(argument), memory);
  if (result < 0)
    fuse_reply_err(request, -result);
  else
    fuse_reply_ioctl(request, result, nullptr, 0);
}

fuse_lowlevel_ops operations() {
  fuse_lowlevel_ops out{};
  out.init = init;
  out.lookup = lookup;
  out.getattr = get_attributes;
  out.setattr = set_attributes;
  out.readdir = read_directory;
  out.open = open;
  out.release = release;
  out.read = read;
  out.write = write;
  out.ioctl = ioctl;
  return out;
}

class FuseMount : public DeviceSession {
 public:
  FuseMount(Adapter& adapter, std::string name) : mount_{adapter, std::move(name)} {}
  FuseMount(const FuseMount&) = delete;
  FuseMount& operator=(const FuseMount&) = delete;
  ~FuseMount() override {
    if (mounted_) fuse_session_unmount(session_);
    if (session_ != nullptr) fuse_session_destroy(session_);
  }
  bool start(const std::string& directory) {
    std::string words[]{"vouchgate-emulator-atecc608", "-o",
                        "allow_other,default_permissions,fsname=atecc608,subtype=i2c"};
    char* arguments[]{words[0].data(), words[1].data(), words[2].data()};
    fuse_args args{3, arguments, 0};
    const fuse_lowlevel_ops all = operations();
    session_ = fuse_session_new(&args, &all, sizeof all, &mount_);
    fuse_opt_free_args(&args);
    mounted_ = session_ != nullptr && fuse_session_mount(session_, directory.c_str()) == 0;
    return mounted_;
  }
  int descriptor() const override { return fuse_session_fd(session_); }
  bool serve() override { return serve_one(session_); }
  bool ready() const override { return mount_.ready; }

 private:
  Mount mount_;
  fuse_session* session_ = nullptr;
  bool mounted_ = false;
};

}  // namespace

Result<std::unique_ptr<DeviceSession>> mount_device(const std::string& directory, const std::string& name,
                                                    Adapter& adapter) {
  if (::geteuid() != 0) return fail(Code::denied, "fuse", directory, "takes root", "run it as root");
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0 && errno == ENOTCONN) ::umount2(directory.c_str(), MNT_DETACH);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return fail(Code::unavailable, "fuse", directory, "cannot be made: " + error.message());
  if (std::filesystem::exists(directory + "/" + name, error))
    return fail(Code::busy, "fuse", directory + "/" + name, "is there already", "end what offers it, or name another");
  // A mount would hide them; the chip's own state file behind it could not be written any more.
  if (!std::filesystem::is_empty(directory, error))
    return fail(Code::invalid, "fuse", directory, "holds other files", "name a directory of its own");
  fuse_set_log_func(say_nothing);
  auto made = std::make_unique<FuseMount>(adapter, name);
  if (!made->start(directory))
    return fail(Code::unavailable, "fuse", directory, "cannot be mounted", "it takes /dev/fuse and the right to mount");
  return made;
}

}  // namespace vouchgate::emulator::atecc608
