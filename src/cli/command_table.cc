#include "cli/command.h"

namespace orrery::cli {

std::span<const Command* const> all_commands() {
  static constexpr const Command* kAll[] = {
      &kShellCommand, &kStartCommand,  &kInitCommand,      &kBuildCommand,      &kPublishCommand,
      &kCallCommand,  &kSqlCommand,    &kSubscribeCommand, &kLogsCommand,       &kDescribeCommand,
      &kListCommand,  &kRenameCommand, &kLockCommand,      &kUnlockCommand,     &kDeleteCommand,
      &kLoginCommand, &kLogoutCommand, &kServerCommand,    &kCompletionCommand, &kVersionCommand,
  };
  return kAll;
}

}  // namespace orrery::cli
