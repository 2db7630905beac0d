// A character device that answers i2c-dev's ioctls. Never reads the caller's memory itself: the kernel hands it over.
#include <unistd.h>

#include "caller_memory.hpp"
#include "device_session.hpp"
#include "fuse_reply.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

struct Device {
  Adapter& adapter;
  bool ready = false;
};

Device& device_of(fuse_req_t request) { return *static_cast<Device*>(fuse_req_userdata(request)); }

void init_done(void* data) { static_cast<Device*>(data)->ready = true; }

void open(fuse_req_t request, fuse_file_info* info) { reply_open(request, info, device_of(request).adapter); }
void release(fuse_req_t request, fuse_file_info* info) { reply_release(request, info, device_of(request).adapter); }

void read(fuse_req_t request, std::size_t size, off_t, fuse_file_info* info) {
  reply_read(request, size, info, device_of(request).adapter);
}

void write(fuse_req_t request, const char* bytes, std::size_t size, off_t, fuse_file_info* info) {
  reply_write(request, bytes, size, info, device_of(request).adapter);
}

void ioctl(fuse_req_t request, int command, void* argument, fuse_file_info* info, unsigned flags, const void* in,
           std::size_t in_size, std::size_t out_size) {
  if ((flags & FUSE_IOCTL_COMPAT) != 0) {  // a 32-bit caller has other structures
    fuse_reply_err(request, ENOTTY);
    return;
  }
  GatheredMemory memory({static_cast<const std::uint8_t*>(in), in_size}, out_size);
  const int result = device_of(request).adapter.ioctl(info->fh, static_cast<unsigned>(command),
                                                      reinterpret_cast<std::uintptr_t>(argument), memory);
  if (memory.wants_more())
    fuse_reply_ioctl_retry(request, memory.wanted_in().data(), memory.wanted_in().size(), memory.wanted_out().data(),
                           memory.wanted_out().size());
  else if (result < 0)
    fuse_reply_err(request, -result);
  else
    fuse_reply_ioctl(request, result, memory.out().data(), memory.out().size());
}

cuse_lowlevel_ops operations() {
  cuse_lowlevel_ops out{};
  out.init_done = init_done;
  out.open = open;
  out.release = release;
  out.read = read;
  out.write = write;
  out.ioctl = ioctl;
  return out;
}

class CuseDevice : public DeviceSession {
 public:
  explicit CuseDevice(Adapter& adapter) : device_{adapter} {}
  CuseDevice(const CuseDevice&) = delete;
  CuseDevice& operator=(const CuseDevice&) = delete;
  ~CuseDevice() override {
    if (session_ != nullptr) cuse_lowlevel_teardown(session_);
  }
  bool start(const std::string& name) {
    // In the foreground; it goes to the root directory all the same, so paths must be absolute by now.
    std::string words[]{"vouchgate-emulator-atecc608", "-f"};
    char* arguments[]{words[0].data(), words[1].data()};
    const std::string named = "DEVNAME=" + name;
    const char* described[]{named.c_str()};
    cuse_info info{};
    info.dev_info_argc = 1;
    info.dev_info_argv = described;
    info.flags = CUSE_UNRESTRICTED_IOCTL;
    const cuse_lowlevel_ops all = operations();
    int threads = 0;
    session_ = cuse_lowlevel_setup(2, arguments, &info, &all, &threads, &device_);
    return session_ != nullptr;
  }
  int descriptor() const override { return fuse_session_fd(session_); }
  bool serve() override { return serve_one(session_); }
  bool ready() const override { return device_.ready; }

 private:
  Device device_;
  fuse_session* session_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<DeviceSession>> make_device(const std::string& name, Adapter& adapter) {
  if (::geteuid() != 0) return fail(Code::denied, "cuse", "/dev/" + name, "takes root", "run it as root");
  fuse_set_log_func(say_nothing);
  auto made = std::make_unique<CuseDevice>(adapter);
  if (!made->start(name))
    return fail(Code::unavailable, "cuse", "/dev/" + name, "cannot be made", "it takes 'modprobe cuse'");
  return made;
}

}  // namespace vouchgate::emulator::atecc608
