// Ctrl-C: cancels the running statement; a second one while nothing ends ends the program.
#include <csignal>
#include <cstdlib>

#include "cli/shell.h"

namespace orrery::cli {
namespace {

std::atomic<engine::Session*> current{nullptr};
std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_interrupt(int) {
  flag.store(true, std::memory_order_relaxed);
  if (engine::Session* session = current.load(std::memory_order_relaxed)) session->cancel();
}

}  // namespace

void cancel_on_interrupt(engine::Session* session) {
  current.store(session);
  struct sigaction action = {};
  action.sa_handler = on_interrupt;  // no SA_RESTART: reading a line must end too
  sigaction(SIGINT, &action, nullptr);
}

bool interrupted() {
  return flag.load(std::memory_order_relaxed);
}
void clear_interrupt() {
  flag.store(false, std::memory_order_relaxed);
}
const std::atomic<bool>& interrupt_flag() {
  return flag;
}

}  // namespace orrery::cli
