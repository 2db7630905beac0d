// One visitor from many lambdas, for the machines' actions.
#pragma once

namespace vouchgate::gateway {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace vouchgate::gateway
