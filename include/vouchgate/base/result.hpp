// Result<T>: a value or an Error, and the compiler complains when it is dropped. Never throws by itself.
#pragma once

#include <tl/expected.hpp>

#include "vouchgate/base/error.hpp"

namespace vouchgate {

template <class T>
struct [[nodiscard]] Result : tl::expected<T, Error> {
  using tl::expected<T, Error>::expected;
};

// return fail(Code::denied, "tpm", path, "permission denied", "add the user to group tss");
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> fail(Code code, std::string context, std::string subject, std::string reason,
                                  std::string hint = {}) {
  return fail(Error{code, std::move(context), std::move(subject), std::move(reason), std::move(hint)});
}

}  // namespace vouchgate
