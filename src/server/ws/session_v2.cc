#include "server/ws/session_v2.h"

#include "base/bytes.h"
#include "protocol/payload.h"
#include "protocol/v2/messages.h"
#include "protocol/v2/update_writer.h"
#include "server/ws/query_text.h"

namespace orrery::server::ws {
namespace v2 = protocol::v2;
using host::CallOutcome;
using host::CallStatus;

namespace {

std::string encode(const v2::ServerMessage& message) {
  std::string out;
  v2::append(message, &out);
  return out;
}

std::string text_bsatn(std::string_view text) {
  ByteWriter out;
  out.write_prefixed(text);
  return std::move(out.buffer());
}

std::string transaction_update(const std::string& body) {
  std::string out;
  v2::begin_transaction_update(&out);
  return out + body;
}

}  // namespace

std::string SessionV2::greeting() {
  return encode(v2::InitialConnection{caller().identity, caller().connection, options().token});
}

void SessionV2::decode(MessageKind kind, std::string_view message) {
  if (kind == MessageKind::kText) {
    end(kCloseError, "this protocol has no text messages");
    return;
  }
  protocol::PayloadReader<v2::ClientMessage> reader(
      message, options().protocol == protocol::Subprotocol::kV3 ? protocol::Framing::kManyMessages
                                                                 : protocol::Framing::kOneMessage);
  while (true) {
    auto next = reader.next();
    if (!next) {
      end(kCloseError, next.error().message());
      return;
    }
    if (!*next) return;
    if (auto* call = std::get_if<v2::CallReducer>(&**next)) {
      if (!take_request()) return;
      calls_.add({call->request_id, call->reducer, call->arguments});
      if (calls_.full()) submit_calls();
    } else {
      submit_calls();
      carry_out(**next);
    }
  }
}

void SessionV2::carry_out(const v2::ClientMessage& message) {
  auto self = std::static_pointer_cast<SessionV2>(shared_from_this());
  if (auto* procedure = std::get_if<v2::CallProcedure>(&message)) {
    submit(Order::kPosts,
           [self, request = procedure->request_id, name = std::string(procedure->procedure),
            arguments = std::string(procedure->arguments)]() mutable {
             self->call_procedure(request, std::move(name), std::move(arguments));
           });
  } else if (auto* subscribe = std::get_if<v2::Subscribe>(&message)) {
    std::vector<std::string> queries(subscribe->queries.begin(), subscribe->queries.end());
    submit(Order::kHolds, [self, request = subscribe->request_id, set = subscribe->query_set,
                           queries = std::move(queries)]() mutable {
      self->subscribe_set(request, set, std::move(queries));
    });
  } else if (auto* unsubscribe = std::get_if<v2::Unsubscribe>(&message)) {
    using Dropped = subscribe::Subscriptions::DroppedRows;
    submit(Order::kPosts,
           [self, request = unsubscribe->request_id, set = unsubscribe->query_set,
            rows = unsubscribe->dropped_rows == v2::DroppedRows::kSend
                       ? Dropped::kSend
                       : Dropped::kOmit] { self->unsubscribe_set(request, set, rows); });
  } else if (auto* query = std::get_if<v2::OneOffQuery>(&message)) {
    submit(Order::kHolds,
           [self, request = query->request_id, sql = std::string(query->query)]() mutable {
             self->one_off(request, std::move(sql));
           });
  }
}

void SessionV2::submit_calls() {
  if (calls_.empty()) return;
  auto self = std::static_pointer_cast<SessionV2>(shared_from_this());
  submit_taken(Order::kPosts,
               [self = std::move(self), calls = std::exchange(calls_, {})]() mutable {
                 self->post_calls(std::move(calls));
               });
}

/// Whoever destroys it without running it, the client hears of it.
struct SessionV2::CallTask {
  std::shared_ptr<SessionV2> session;
  CallBatch calls;

  CallTask(std::shared_ptr<SessionV2> s, CallBatch c)
      : session(std::move(s)), calls(std::move(c)) {}
  CallTask(const CallTask&) = delete;
  ~CallTask() {
    CallOutcome stopped;
    stopped.status = CallStatus::kStopped;
    stopped.message = "the database is shutting down";
    Answers answers;
    while (!calls.empty()) session->reducer_done(calls.take().request, stopped, &answers);
  }
};

void SessionV2::post_calls(CallBatch calls) {
  auto task = std::make_shared<CallTask>(std::static_pointer_cast<SessionV2>(shared_from_this()),
                                         std::move(calls));
  database().post([task = std::move(task)]() mutable {
    // The lane keeps the closure for a while.
    const std::shared_ptr<CallTask> own = std::move(task);
    own->session->run_calls(&own->calls);
  });
}

void SessionV2::run_calls(CallBatch* calls) {
  // Answers go out together, but none waits for a call that takes long.
  constexpr int64_t kWaitMicros = 200;
  Answers answers;
  int64_t waited = 0;
  hold_wake();
  while (!calls->empty()) {
    const CallBatch::Call call = calls->take();
    const CallOutcome outcome = database().call_reducer_now(caller(), call.name, call.arguments);
    reducer_done(call.request, outcome, &answers);
    waited += outcome.execution_micros;
    if (waited < kWaitMicros) continue;
    count(&answers);
    release_wake();
    hold_wake();
    waited = 0;
  }
  count(&answers);
  release_wake();
}

void SessionV2::count(Answers* answers) {
  DatabaseMetrics& metrics = service().metrics();
  metrics.reducer_calls.add(std::exchange(answers->calls, 0));
  metrics.reducer_micros.add(std::exchange(answers->micros, 0));
  metrics.energy.add(std::exchange(answers->energy, 0));
  if (answers->failures != 0) metrics.reducer_failures.add(std::exchange(answers->failures, 0));
}

void SessionV2::refuse_set(std::optional<uint32_t> request, uint32_t set, const Error& error) {
  send(encode(v2::SubscriptionError{request, set, error.message()}), 0);
}

void SessionV2::subscribe_set(uint32_t request, uint32_t set, std::vector<std::string> queries) {
  auto self = std::static_pointer_cast<SessionV2>(shared_from_this());
  database().post([self, request, set, queries = std::move(queries)]() mutable {
    // An id in use is the client's own mistake, which the original ends the connection for.
    if (self->has_set(set)) {
      self->end(kCloseError, "query set id " + std::to_string(set) + " is already in use");
      return;
    }
    auto rows = [self, request, set](Result<subscribe::QuerySetRows> made) {
      if (!made) {
        self->refuse_set(request, set, made.error());
        return;
      }
      std::string out;
      v2::begin_subscribe_applied(request, set, &out);
      v2::QueryRowsWriter writer(&out);
      for (const subscribe::TableRows& table : made->tables) {
        writer.add(table.table_name, table.inserts->view());
      }
      self->send(std::move(out), self->service().last_seq());
    };
    auto late = [self](const subscribe::QuerySetRows& update) {
      self->send(transaction_update(update_body_of(update)), self->service().last_seq());
    };
    self->subscribe(set, std::move(queries), std::move(rows), std::move(late), [self] {
      self->done();
      self->next_request();
    });
  });
}

void SessionV2::unsubscribe_set(uint32_t request, uint32_t set,
                                subscribe::Subscriptions::DroppedRows dropped) {
  auto self = std::static_pointer_cast<SessionV2>(shared_from_this());
  database().post([self, request, set, dropped] {
    self->done();
    auto rows = self->service().subscriptions().unsubscribe(self->id(), set, dropped);
    if (!rows) {
      self->refuse_set(request, set, rows.error());
      return;
    }
    self->forget_queries(set);
    if (dropped == subscribe::Subscriptions::DroppedRows::kOmit) {
      self->send(encode(v2::UnsubscribeApplied{request, set, std::nullopt}),
                 self->service().last_seq());
      return;
    }
    std::string out;
    v2::begin_unsubscribe_applied(request, set, &out);
    v2::QueryRowsWriter writer(&out);
    for (const subscribe::TableRows& table : rows->tables) {
      writer.add(table.table_name, table.deletes->view());
    }
    self->send(std::move(out), self->service().last_seq());
  });
}

void SessionV2::one_off(uint32_t request, std::string sql) {
  auto self = std::static_pointer_cast<SessionV2>(shared_from_this());
  database().post([self, request, sql = std::move(sql)]() mutable {
    auto text = sql;
    self->query(std::move(text), [self, request, sql](Result<subscribe::QuerySetRows> rows) {
      if (!rows && is_beyond_subscriptions(rows.error())) {
        self->one_off_sql(request, sql);
        return;
      }
      if (!rows) {
        self->send(encode(v2::OneOffQueryResult{request, std::string_view(rows.error().message())}),
                   0);
      } else {
        std::string out;
        v2::begin_one_off_rows(request, &out);
        v2::QueryRowsWriter writer(&out);
        for (const subscribe::TableRows& table : rows->tables) {
          writer.add(table.table_name, table.inserts->view());
        }
        self->send(std::move(out), self->service().last_seq());
      }
      self->done();
      self->next_request();
    });
  });
}

/// What the dialect of subscriptions cannot say goes to the engine.
void SessionV2::one_off_sql(uint32_t request, std::string sql) {
  auto self = std::static_pointer_cast<SessionV2>(shared_from_this());
  database().run_sql(caller(), sql, [self, request, sql](Result<host::SqlReport> report) {
    Result<protocol::RowList> rows =
        report ? rows_of_report(*report) : Result<protocol::RowList>(std::move(report).error());
    if (!rows) {
      self->send(encode(v2::OneOffQueryResult{request, std::string_view(rows.error().message())}),
                 0);
    } else {
      std::string out;
      v2::begin_one_off_rows(request, &out);
      v2::QueryRowsWriter writer(&out);
      writer.add(table_named_in(sql), rows->view());
      self->service().note_seq(report->seq);
      self->send(std::move(out), report->seq);
    }
    self->done();
    self->next_request();
  });
}

void SessionV2::reducer_done(uint32_t request, const CallOutcome& outcome,
                             Answers* answers) {
  done();
  ++answers->calls;
  answers->micros += outcome.execution_micros;
  answers->energy += static_cast<int64_t>(outcome.energy);
  int64_t timestamp = outcome.timestamp_micros != 0 ? outcome.timestamp_micros : now_micros();
  if (outcome.status == CallStatus::kOk) {
    service().note_seq(outcome.seq);
    std::string* message = &answers->message;
    message->clear();
    v2::begin_reducer_ok(request, timestamp, "", message);
    if (own_update_) {
      *message += own_update_->body;
      own_update_.reset();
    } else {
      v2::UpdateWriter nothing(message);
    }
    send_from(message, outcome.seq);
    return;
  }
  flush_own_update();
  ++answers->failures;
  v2::ReducerResult result;
  result.request_id = request;
  result.timestamp = timestamp;
  std::string error;
  if (outcome.status == CallStatus::kUserError) {
    error = text_bsatn(outcome.message);
    result.outcome = v2::ReducerError{error};
  } else {
    result.outcome = v2::InternalError{outcome.message};
  }
  send(encode(result), 0);
}

void SessionV2::call_procedure(uint32_t request, std::string name, std::string arguments) {
  auto self = std::static_pointer_cast<SessionV2>(shared_from_this());
  database().call_procedure(
      caller(), std::move(name), std::move(arguments),
      [self, request](const CallOutcome& outcome) { self->procedure_done(request, outcome); });
}

void SessionV2::procedure_done(uint32_t request, const CallOutcome& outcome) {
  done();
  flush_own_update();
  v2::ProcedureResult result;
  result.request_id = request;
  result.timestamp = outcome.timestamp_micros != 0 ? outcome.timestamp_micros : now_micros();
  result.duration = outcome.execution_micros;
  if (outcome.status == CallStatus::kOk) {
    result.status = v2::ProcedureReturn{outcome.value};
  } else {
    result.status = v2::InternalError{outcome.message};
  }
  send(encode(result), outcome.seq);
}

void SessionV2::on_update(UpdateEncoder& encoder, std::span<const subscribe::Delivery> deliveries,
                          const host::CommitEvent& event) {
  flush_own_update();
  if (!event.caller.is_zero() && event.caller == caller().connection) {
    // The call's done() is what the lane runs next.
    own_update_ = OwnUpdate{encoder.update_body(deliveries), event.seq};
    return;
  }
  send(encoder.transaction_update(deliveries), event.seq);
}

/// Where a commit turns out not to belong to an answer it is news like any other.
void SessionV2::flush_own_update() {
  if (!own_update_) return;
  OwnUpdate update = std::move(*own_update_);
  own_update_.reset();
  send(transaction_update(update.body), update.seq);
}

void SessionV2::on_set_failed(subscribe::QuerySetId set, const Error& error) {
  forget_queries(set);
  refuse_set(std::nullopt, set, error);
}

}  // namespace orrery::server::ws
