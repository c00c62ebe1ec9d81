// Questions to the user, on the terminal.
#pragma once

#include <string>

#include "base/result.h"

namespace orrery::cli {

/// kOk where the user types y (or yes). kGeneric "not done" for anything else, kInvalidArgument
/// where nobody can be asked: `instead` says which option answers in advance.
Status ask_yes(const std::string& question, const std::string& instead);

}  // namespace orrery::cli
