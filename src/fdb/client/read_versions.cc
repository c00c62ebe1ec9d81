#include "fdb/client/read_versions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "fdb/client/ask_proxy.h"
#include "fdb/runtime/loop.h"
#include "fdb/wire/messages/read_version.h"

namespace orrery::fdb {
namespace {

constexpr size_t kBatchMax = 1000;
constexpr int64_t kBatchTimeMax = 5 * kMilli;

}  // namespace

/// A transaction that waits; lies in its task's frame.
struct ReadVersions::Waiting : ListNode {
  Waiting(Loop& loop, std::vector<std::string> its_tags) : tags(std::move(its_tags)), done(loop) {}
  std::vector<std::string> tags;
  Event done;
  std::optional<Result<ReadVersion>> answer;
};

/// The batches of one combination of flags.
class ReadVersions::Batcher {
 public:
  Batcher(ReadVersions& owner, uint32_t flags)
      : owner_(owner),
        flags_(flags),
        timer_(owner.client_.loop().timers(), *this),
        end_of_turn_(*this) {}

  void add(Waiting& waiting) {
    collecting_.push_back(waiting);
    if (++count_ >= kBatchMax) {
      send();
    } else if (on_their_way_ == 0) {
      if (!end_of_turn_.linked()) owner_.client_.loop().make_ready(end_of_turn_);
    } else if (!timer_.pending()) {
      timer_.start(owner_.client_.loop().now() + batch_time_);
    }
  }

 private:
  struct SendTimer : Timer {
    SendTimer(TimerHeap& heap, Batcher& batcher)
        : Timer(heap, [](Timer& self) { static_cast<SendTimer&>(self).owner.send(); }),
          owner(batcher) {}
    Batcher& owner;
  };

  struct EndOfTurn : Waiter {
    explicit EndOfTurn(Batcher& batcher)
        : Waiter([](Waiter& self) { static_cast<EndOfTurn&>(self).owner.send(); }),
          owner(batcher) {}
    Batcher& owner;
  };

  void send() {
    timer_.stop();
    end_of_turn_.unlink();
    if (count_ == 0) return;
    count_ = 0;
    Loop& loop = owner_.client_.loop();
    auto batch = std::make_unique<List<Waiting>>();
    batch->take_all(collecting_);
    loop.spawn(ask(std::move(batch)));
  }

  Task<Done> ask(std::unique_ptr<List<Waiting>> batch) {
    Loop& loop = owner_.client_.loop();
    std::map<std::string, uint32_t, std::less<>> counts;
    uint32_t transactions = 0;
    // Those that gave up meanwhile have left the list.
    List<Waiting> counted;
    while (Waiting* waiting = batch->pop_front()) {
      ++transactions;
      for (const std::string& tag : waiting->tags) ++counts[tag];
      counted.push_back(*waiting);
    }
    batch->take_all(counted);
    if (transactions == 0) co_return Done{};
    std::vector<std::pair<std::string_view, uint32_t>> tags(counts.begin(), counts.end());
    wire::GetReadVersionRequest request;
    request.transaction_count = transactions;
    request.flags = flags_;
    request.tags = tags;
    request.max_version = owner_.highest_;
    const Provisional provisional =
        (flags_ & wire::GetReadVersionRequest::kUseProvisionalProxies) != 0 ? Provisional::kToo
                                                                            : Provisional::kNever;
    ++on_their_way_;
    const int64_t asked_at = loop.now();
    Result<Answer<wire::GetReadVersionReply>> answer =
        co_await ask_proxy(owner_.client_, ProxyKind::kGrv, request, provisional);
    --on_their_way_;
    const int64_t took = loop.now() - asked_at;
    batch_time_ = std::min((took / 2 + 9 * batch_time_) / 10, kBatchTimeMax);
    Result<ReadVersion> result = fail(error::internal_error);
    if (answer) {
      const wire::GetReadVersionReply& told = answer->message;
      owner_.note_version(told.version);
      result = ReadVersion{.version = told.version, .is_locked = told.locked};
      if (told.version <= 0) result = fail(error::version_invalid);
    } else {
      result = fail(answer.error());
    }
    while (Waiting* waiting = batch->pop_front()) {
      waiting->answer = result;
      waiting->done.notify_all();
    }
    co_return Done{};
  }

  ReadVersions& owner_;
  const uint32_t flags_;
  SendTimer timer_;
  EndOfTurn end_of_turn_;
  int on_their_way_ = 0;
  List<Waiting> collecting_;
  size_t count_ = 0;
  int64_t batch_time_ = 0;
};

ReadVersions::ReadVersions(Client& client) : client_(client) {}
ReadVersions::~ReadVersions() = default;

Task<Result<ReadVersion>> ReadVersions::get(uint32_t flags, std::vector<std::string> tags) {
  std::unique_ptr<Batcher>& batcher = batchers_[flags];
  if (batcher == nullptr) batcher = std::make_unique<Batcher>(*this, flags);
  Waiting waiting(client_.loop(), std::move(tags));
  batcher->add(waiting);
  while (!waiting.answer) co_await waiting.done.wait();
  co_return *std::move(waiting.answer);
}

}  // namespace orrery::fdb
