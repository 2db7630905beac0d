// What FUSE and CUSE have in common: an open file behind a request, and answers. Never decides what a call means.
#pragma once

#define FUSE_USE_VERSION 35
#include <fuse3/cuse_lowlevel.h>

#include <vector>

#include "adapter.hpp"

namespace vouchgate::emulator::atecc608 {

inline OpenFile& file_of(fuse_file_info* info) { return *reinterpret_cast<OpenFile*>(info->fh); }

inline void reply_open(fuse_req_t request, fuse_file_info* info, const Adapter& adapter) {
  auto* const file = new OpenFile(adapter.open());
  info->fh = reinterpret_cast<std::uintptr_t>(file);
  info->direct_io = 1;  // no page cache: every call reaches the chip
  info->nonseekable = 1;
  if (fuse_reply_open(request, info) != 0) delete file;  // the caller was interrupted: there will be no release
}

inline void reply_release(fuse_req_t request, fuse_file_info* info) {
  delete &file_of(info);
  fuse_reply_err(request, 0);
}

inline void reply_read(fuse_req_t request, std::size_t size, fuse_file_info* info, Adapter& adapter) {
  std::vector<char> bytes(size);
  const int result = adapter.read(file_of(info), {reinterpret_cast<std::uint8_t*>(bytes.data()), size});
  if (result < 0)
    fuse_reply_err(request, -result);
  else
    fuse_reply_buf(request, bytes.data(), static_cast<std::size_t>(result));
}

inline void reply_write(fuse_req_t request, const char* bytes, std::size_t size, fuse_file_info* info,
                        Adapter& adapter) {
  const int result = adapter.write(file_of(info), view({bytes, size}));
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
