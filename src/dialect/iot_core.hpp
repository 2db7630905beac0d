// The dialect of the IoT Core family (ClearBlade, mqtt.bos.goog, KORE). Never holds state.
#pragma once

#include "vouchgate/dialect/dialect.hpp"

namespace vouchgate::dialect {

// Errors: invalid (template, empty value a template names, gateway id).
Result<std::unique_ptr<Dialect>> make_iot_core(const CloudSettings& settings);

}  // namespace vouchgate::dialect
