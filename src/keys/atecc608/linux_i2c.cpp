// i2c-dev: I2C_FUNCS, I2C_RDWR with one message each, and a lock on the device itself.
#include "linux_i2c.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>

#include "place.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::milliseconds between_tries(5);  // of the lock; a signature holds it for 60 ms

std::string user() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

// What opens the device to this user: its group, unless that is root's own.
std::string way_in(const std::string& path) {
  struct stat seen {};
  if (::stat(path.c_str(), &seen) != 0) return "its directory may not be entered: 'namei -l " + path + "'";
  const bool shared = seen.st_gid != 0 && (seen.st_mode & (S_IRGRP | S_IWGRP)) == (S_IRGRP | S_IWGRP);
  if (!shared)
    return "its group may not open it; a udev rule gives it to group i2c, on Debian that of package i2c-tools";
  const group* entry = ::getgrgid(seen.st_gid);
  const std::string name = entry != nullptr ? entry->gr_name : std::to_string(seen.st_gid);
  return "add it to the group of the device: usermod -aG " + name + " " + user() + ", then start the service again";
}

Error no_bus(const std::string& path, int number) {
  return {Code::unsupported, "key", path, std::string("is no I2C bus (") + std::strerror(number) + ")",
          "key.atecc608.bus names one, such as /dev/i2c-1"};
}

Error cannot_open(const std::string& path, int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return {Code::not_found, "key", path, "there is no such I2C bus",
              "'ls /dev/i2c-*' lists them; none: load i2c-dev ('modprobe i2c-dev', and for the next boots "
              "/etc/modules-load.d/i2c-dev.conf) and enable the bus in the firmware or device tree"};
    case EISDIR: return no_bus(path, number);
    case EACCES: return {Code::denied, "key", path, "permission denied for user " + user(), way_in(path)};
    case EPERM:
      return {
          Code::denied, "key", path, "the service's sandbox denies it",
          "its unit needs the drop-in /usr/share/vouchgate/atecc608.conf, whose first lines tell how, with this bus"};
    case ENXIO:
    case ENODEV:
    case ENOTCONN:
      return {Code::unavailable, "key", path, "no I2C adapter is behind it any more",
              "was it unplugged? 'dmesg | grep -i i2c'"};
    default: return {Code::unavailable, "key", path, std::strerror(number), "'dmesg | grep -i i2c'"};
  }
}

// The number in /dev/i2c-N, also behind a link from /dev/i2c/by-path: how sysfs names the bus.
std::string number_of(const std::string& path) {
  std::error_code error;
  const std::string name = fs::canonical(path, error).filename();
  constexpr std::string_view prefix = "i2c-";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : std::string();
}

// The driver that the kernel has bound to this address. I2C_RDWR does not ask, and two masters of one chip break each
// other's commands.
std::string kernel_driver(const std::string& sysfs, const std::string& path, std::uint8_t address) {
  char client[64];
  std::snprintf(client, sizeof client, "%s-%04x", number_of(path).c_str(), static_cast<unsigned>(address));
  std::error_code error;
  const fs::path target = fs::read_symlink(fs::path(sysfs) / "bus/i2c/devices" / client / "driver", error);
  return error ? std::string() : target.filename().string();
}

}  // namespace

std::optional<Transfer> transfer_of(int returned, int error_number) {
  if (returned >= 0) return returned == 1 ? Transfer::done : Transfer::nack;
  switch (error_number) {
    case ENXIO:      // i2c-imx, mcp2221, i2c-gpio
    case EREMOTEIO:  // bcm2835, omap, designware
    case EIO:
    case ETIMEDOUT:
    case EAGAIN:  // arbitration lost
    case EBUSY:
    case EPROTO:
    case EBADMSG:
    case EINTR: return Transfer::nack;
    case ENODEV:
    case ESHUTDOWN:
    case ENOTCONN: return Transfer::gone;
    default: return std::nullopt;
  }
}

LinuxI2c::LinuxI2c(const Atecc608Settings& settings, std::string sysfs)
    : path_(settings.bus), address_(static_cast<std::uint8_t>(settings.address)), sysfs_(std::move(sysfs)) {}

std::string LinuxI2c::where() const { return place(path_, address_); }

Result<void> LinuxI2c::open(Time patience) {
  auto ready = open_device();
  if (ready) ready = lock(patience);
  if (!ready) {
    close();
    return ready;
  }
  const auto found = report();
  if (found && found->plain_i2c && found->kernel_driver.empty()) return {};
  close();
  if (!found) return fail(found.error());
  if (!found->plain_i2c) return fail(no_plain_i2c(path_, found->functions));
  return fail(held_by_kernel(path_, address_, number_of(path_), found->kernel_driver));
}

Result<BusReport> LinuxI2c::inspect() {
  if (auto ready = open_device(); !ready) return fail(ready.error());
  auto found = report();
  close();
  return found;
}

Result<void> LinuxI2c::open_device() {
  close();
  file_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  if (file_ >= 0) return {};
  return fail(cannot_open(path_, errno));
}

void LinuxI2c::close() {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

// On the device itself, not on a file in /run/lock: whoever may use the bus may lock it, in every sandbox and under
// every user, nothing is left behind by a program that dies, and flock(1) lets an operator join in. One lock for the
// bus, not for the address: a wake pulse is for all chips on it, so two that are used at once would disturb each other.
Result<void> LinuxI2c::lock(Time patience) {
  const Time until = now() + patience;
  while (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK)
      return fail(Code::unavailable, "key", path_, std::string("cannot be locked: ") + std::strerror(errno));
    if (now() >= until)
      return fail(Code::busy, "key", path_, "another program keeps the bus locked",
                  "'fuser -v " + path_ + "' names it");
    wait(between_tries);
  }
  return {};
}

Result<BusReport> LinuxI2c::report() const {
  BusReport out;
  if (::ioctl(file_, I2C_FUNCS, &out.functions) < 0) return fail(no_bus(path_, errno));
  out.plain_i2c = (out.functions & I2C_FUNC_I2C) != 0;
  std::error_code error;
  out.device = fs::canonical(path_, error);
  out.kernel_driver = kernel_driver(sysfs_, path_, address_);
  return out;
}

Result<Transfer> LinuxI2c::transfer(std::uint8_t address, std::uint16_t flags, std::uint8_t* bytes, std::size_t size) {
  if (file_ < 0) return Transfer::gone;
  i2c_msg message{.addr = address, .flags = flags, .len = static_cast<std::uint16_t>(size), .buf = bytes};
  i2c_rdwr_ioctl_data data{.msgs = &message, .nmsgs = 1};
  const int returned = ::ioctl(file_, I2C_RDWR, &data);
  const int number = errno;
  if (const auto known = transfer_of(returned, number)) return *known;
  return fail(Code::unsupported, "key", where(),
              std::string("the adapter refuses the transfer: ") + std::strerror(number),
              "'dmesg | grep -i i2c'; another adapter or a newer kernel may do it");
}

Result<Transfer> LinuxI2c::write(std::uint8_t address, ByteView bytes) {
  Bytes copy(bytes.begin(), bytes.end());  // the kernel's interface is not const
  return transfer(address, 0, copy.data(), copy.size());
}

Result<Transfer> LinuxI2c::read(std::uint8_t address, std::span<std::uint8_t> out) {
  return transfer(address, I2C_M_RD, out.data(), out.size());
}

Bus::Time LinuxI2c::now() {
  return std::chrono::duration_cast<Time>(std::chrono::steady_clock::now().time_since_epoch());
}

void LinuxI2c::wait(Time time) { std::this_thread::sleep_for(time); }

}  // namespace vouchgate::keys::atecc608
