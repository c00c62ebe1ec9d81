// Ctrl-C: cancels the running statement or the line being typed, never the program.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "cli/shell.h"

namespace orrery::cli {
namespace {

std::atomic<engine::Session*> current{nullptr};
std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);
/// Holds bytes after an interrupt, so that who waits for input sees one that came just before.
int bell[2] = {-1, -1};

void on_interrupt(int) {
  const int kept = errno;
  flag.store(true, std::memory_order_relaxed);
  if (engine::Session* session = current.load(std::memory_order_relaxed)) session->cancel();
  if (bell[1] >= 0 && write(bell[1], "", 1) < 0) {
    // The pipe is full of interrupts: one more says nothing new.
  }
  errno = kept;
}

}  // namespace

void cancel_on_interrupt(engine::Session* session) {
  current.store(session);
  if (bell[0] < 0 && pipe2(bell, O_CLOEXEC | O_NONBLOCK) != 0) bell[0] = bell[1] = -1;
  // The caller may have had the signal ignored (nohup, a background job) or blocked.
  struct sigaction action = {};
  action.sa_handler = on_interrupt;  // no SA_RESTART: reading a line must end too
  sigaction(SIGINT, &action, nullptr);
  sigset_t interrupts;
  sigemptyset(&interrupts);
  sigaddset(&interrupts, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &interrupts, nullptr);
}

int interrupt_bell() {
  return bell[0];
}
void clear_interrupt() {
  flag.store(false, std::memory_order_relaxed);
  char block[64];
  while (bell[0] >= 0 && read(bell[0], block, sizeof(block)) > 0) {
  }
}
const std::atomic<bool>& interrupt_flag() {
  return flag;
}

}  // namespace orrery::cli
