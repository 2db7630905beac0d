// A library module behind Line, for everything but swtpm. Never a NULL module: the library's fall-back ends at TCP on
// localhost.
#include "line.hpp"

#include <tss2/tss2_tctildr.h>

#include <algorithm>

#include "rc_map.hpp"
#include "recovery.hpp"
#include "socket_line.hpp"

namespace vouchgate::keys::tpm {
namespace {

class ModuleLine : public Line {
 public:
  explicit ModuleLine(TSS2_TCTI_CONTEXT* module) : module_(module) {}
  ~ModuleLine() override { Tss2_TctiLdr_Finalize(&module_); }
  ModuleLine(const ModuleLine&) = delete;
  ModuleLine& operator=(const ModuleLine&) = delete;

  TSS2_RC transmit(ByteView command, Deadline) override {
    return functions().transmit(module_, command.size(), command.data());
  }
  TSS2_RC receive(Bytes& answer, Deadline until) override {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()).count();
    std::size_t size = largest_message;
    answer.resize(size);
    const TSS2_RC rc = functions().receive(module_, &size, answer.data(),
                                           static_cast<std::int32_t>(std::clamp<long>(left, 0, 1 << 30)));
    answer.resize(rc == TSS2_RC_SUCCESS ? size : 0);
    return rc == TSS2_TCTI_RC_TRY_AGAIN ? no_answer : rc;
  }

 private:
  // What the library's macros do with casts of the old style.
  const TSS2_TCTI_CONTEXT_COMMON_V1& functions() const {
    return *reinterpret_cast<const TSS2_TCTI_CONTEXT_COMMON_V1*>(module_);
  }
  TSS2_TCTI_CONTEXT* module_;
};

}  // namespace

Result<std::unique_ptr<Line>> open_line(const std::string& tcti) {
  constexpr std::string_view swtpm = "swtpm:";
  if (tcti.starts_with(swtpm)) return open_socket_line(tcti.substr(swtpm.size()));
  TSS2_TCTI_CONTEXT* module = nullptr;
  if (const TSS2_RC rc = Tss2_TctiLdr_Initialize(tcti.c_str(), &module); rc != TSS2_RC_SUCCESS)
    return fail(explain(TSS2_TCTI_RC_NO_CONNECTION, tcti));
  return std::make_unique<ModuleLine>(module);
}

}  // namespace vouchgate::keys::tpm
