// unit.exposure: how far systemd shuts the daemon in, drop-ins included. Pure: systemd's words in, a finding out.
#pragma once

#include "finding.hpp"
#include "program.hpp"

namespace vouchgate::cli::check {

// `printed`: by systemd-analyze security; an error if it could not be run.
Finding judge_exposure(const Result<Printed>& printed);

}  // namespace vouchgate::cli::check
