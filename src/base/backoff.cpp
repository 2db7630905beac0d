// The one formula for every retry in the product. Never keeps time.
#include "vouchgate/base/backoff.hpp"

#include <algorithm>

namespace vouchgate {

Duration Backoff::next(double random01) {
  const int exponent = std::min(failures_, 30);  // 2^30 of any base is past every cap
  ++failures_;
  const auto ceiling = std::max(floor_, std::min(cap_, Duration(base_.count() << exponent)));
  const auto span = static_cast<double>((ceiling - floor_).count());
  return floor_ + Duration(static_cast<Duration::rep>(span * random01));
}

}  // namespace vouchgate
