// What FUSE and CUSE have in common: opening, plain reading and writing. Never decides what a call means.
#pragma once

#define FUSE_USE_VERSION 35
#include <fuse3/cuse_lowlevel.h>
#include <fuse3/fuse_log.h>

#include <cstdarg>
#include <cstdlib>
#include <vector>

#include "adapter.hpp"

namespace vouchgate::emulator::atecc608 {

// libfuse's own lines on standard error; ours says what was wrong, in one sentence.
inline void say_nothing(fuse_log_level, const char*, va_list) {}

inline void reply_open(fuse_req_t request, fuse_file_info* info, Adapter& adapter) {
  info->fh = adapter.open();
  info->direct_io = 1;  // no page cache: every call reaches the chip
  info->nonseekable = 1;
  if (fuse_reply_open(request, info) != 0)
    adapter.release(info->fh);  // the caller was interrupted: there will be no release
}

inline void reply_release(fuse_req_t request, fuse_file_info* info, Adapter& adapter) {
  adapter.release(info->fh);
  fuse_reply_err(request, 0);
}

inline void reply_read(fuse_req_t request, std::size_t size, fuse_file_info* info, Adapter& adapter) {
  std::vector<char> bytes(size);
  const int result = adapter.read(info->fh, {reinterpret_cast<std::uint8_t*>(bytes.data()), size});
  if (result < 0)
    fuse_reply_err(request, -result);
  else
    fuse_reply_buf(request, bytes.data(), static_cast<std::size_t>(result));
}

inline void reply_write(fuse_req_t request, const char* bytes, std::size_t size, fuse_file_info* info,
                        Adapter& adapter) {
  const int result = adapter.write(info->fh, view({bytes, size}));
  if (result < 0)
    fuse_reply_err(request, -result);
  else
    fuse_reply_write(request, static_cast<std::size_t>(result));
}

// One request from the kernel; false: the session has ended.
inline bool serve_one(fuse_session* session) {
  fuse_buf buffer{};
  const int size = fuse_session_receive_buf(session, &buffer);
  if (size > 0) fuse_session_process_buf(session, &buffer);
  std::free(buffer.mem);  // NOLINT: libfuse allocates it
  return (size > 0 || size == -EINTR || size == -EAGAIN) && fuse_session_exited(session) == 0;
}

}  // namespace vouchgate::emulator::atecc608
