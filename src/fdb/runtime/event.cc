#include "fdb/runtime/event.h"

#include "fdb/runtime/loop.h"

namespace orrery::fdb {

void Event::notify_all() {
  List<Waiter> woken;
  woken.take_all(waiters_);
  while (Waiter* waiter = woken.pop_front()) waiter->fire();
}

void Event::Awaiter::woken(Waiter& self) {
  Awaiter& awaiter = static_cast<Awaiter&>(self);
  awaiter.fire_ = &Awaiter::resumed;
  awaiter.event_.loop_.make_ready(awaiter);
}

void Event::Awaiter::resumed(Waiter& self) {
  static_cast<Awaiter&>(self).caller_.resume();
}

void Link::woken(Waiter& self) {
  Link& link = static_cast<Link&>(self);
  link.source_.add(link);
  link.target_.notify_all();
}

}  // namespace orrery::fdb
