#include "server/ws/session_v1.h"

#include <algorithm>

#include "server/call_arguments.h"
#include "server/ws/query_text.h"

namespace orrery::server::ws {
namespace v1 = protocol::v1;
using host::CallOutcome;
using host::CallStatus;
using subscribe::Delivery;

std::string SessionV1::encode(const v1::ServerMessage& message) const {
  std::string out;
  v1::append(message, format(), &out);
  return out;
}

std::string SessionV1::greeting() {
  return encode(v1::IdentityToken{caller().identity, options().token, caller().connection});
}

void SessionV1::decode(MessageKind kind, std::string_view message) {
  bool json = format() == v1::Format::kJson;
  if (json != (kind == MessageKind::kText)) {
    end(kCloseError,
        json ? "this protocol has no binary messages" : "this protocol has no text messages");
    return;
  }
  std::string buffer;
  auto decoded = json ? v1::decode_json(message, &buffer) : v1::decode_bsatn(message);
  if (!decoded) {
    end(kCloseError, decoded.error().message());
    return;
  }
  carry_out(*decoded);
}

void SessionV1::carry_out(const v1::ClientMessage& message) {
  auto texts = [](const std::vector<std::string_view>& views) {
    return std::vector<std::string>(views.begin(), views.end());
  };
  if (auto* m = std::get_if<v1::CallReducer>(&message)) {
    Call call{std::string(m->reducer), std::string(m->arguments), m->request_id, m->notice};
    submit(Order::kPosts, [s = self(), call] { s->call_reducer(call); });
  } else if (auto* p = std::get_if<v1::CallProcedure>(&message)) {
    Call call{std::string(p->procedure), std::string(p->arguments), p->request_id, {}};
    submit(Order::kPosts, [s = self(), call] { s->call_procedure(call); });
  } else if (auto* legacy = std::get_if<v1::Subscribe>(&message)) {
    submit(Order::kHolds,
           [s = self(), request = legacy->request_id, queries = texts(legacy->queries)] {
             s->subscribe_set(Answer::kLegacy, request, kLegacySet, queries);
           });
  } else if (auto* single = std::get_if<v1::SubscribeSingle>(&message)) {
    submit(Order::kHolds, [s = self(), request = single->request_id, set = single->query_id,
                           query = std::string(single->query)] {
      s->subscribe_set(Answer::kSingle, request, set, {query});
    });
  } else if (auto* multi = std::get_if<v1::SubscribeMulti>(&message)) {
    submit(Order::kHolds, [s = self(), request = multi->request_id, set = multi->query_id,
                           queries = texts(multi->queries)] {
      s->subscribe_set(Answer::kMulti, request, set, queries);
    });
  } else if (auto* end_single = std::get_if<v1::Unsubscribe>(&message)) {
    submit(Order::kPosts, [s = self(), m = *end_single] {
      s->unsubscribe_set(Answer::kSingle, m.request_id, m.query_id);
    });
  } else if (auto* end_multi = std::get_if<v1::UnsubscribeMulti>(&message)) {
    submit(Order::kPosts, [s = self(), m = *end_multi] {
      s->unsubscribe_set(Answer::kMulti, m.request_id, m.query_id);
    });
  } else if (auto* query = std::get_if<v1::OneOffQuery>(&message)) {
    submit(Order::kHolds, [s = self(), id = std::string(query->message_id),
                           sql = std::string(query->query)] { s->one_off(id, sql); });
  }
}

void SessionV1::add_rows(const subscribe::TableRows& rows, Blocks* blocks) {
  auto block = std::find_if(blocks->begin(), blocks->end(), [&](const TableBlocks& b) {
    return b.table == rows.table && b.name == rows.table_name;
  });
  if (block == blocks->end()) {
    blocks->push_back({std::string(rows.table_name), rows.table, 0, {}});
    block = blocks->end() - 1;
  }
  std::string changes;
  if (format() == v1::Format::kBsatn) {
    v1::append_row_changes(rows.deletes->view(), rows.inserts->view(), Compression::kNone, nullptr,
                           &changes);
  } else {
    auto definition = database().definition();
    v1::RowFormat row_format;
    const schema::TableDef* table = definition->find_table(rows.table_name);
    if (table != nullptr) {
      row_format.type = &table->row_type;
    } else if (auto view = definition->find_view(rows.table_name)) {
      row_format.type = &view.def->row_type;
    }
    if (row_format.type == nullptr ||
        !v1::append_row_changes_json(row_format, rows.deletes->view(), rows.inserts->view(),
                                     &changes)) {
      end(kCloseError, "rows of `" + std::string(rows.table_name) + "` have no form in JSON");
      return;
    }
  }
  block->row_count += rows.deletes->row_count() + rows.inserts->row_count();
  block->changes.push_back(std::move(changes));
}

v1::DatabaseUpdate SessionV1::update_of(const Blocks& blocks) {
  v1::DatabaseUpdate out;
  for (const TableBlocks& block : blocks) {
    v1::TableUpdate& table = out.tables.emplace_back();
    table.table_id = static_cast<uint32_t>(block.table);
    table.table_name = block.name;
    table.row_count = block.row_count;
    table.changes.assign(block.changes.begin(), block.changes.end());
  }
  return out;
}

SessionV1::Blocks SessionV1::blocks_of(UpdateEncoder& encoder,
                                       std::span<const Delivery> deliveries) {
  Blocks out;
  for (const Delivery& d : deliveries) add_rows(encoder.result(d), &out);
  return out;
}

std::string SessionV1::light_update(const Blocks& blocks, uint32_t request) const {
  return encode(v1::TransactionUpdateLight{request, update_of(blocks)});
}

void SessionV1::subscription_error(std::optional<uint32_t> request, std::optional<uint32_t> set,
                                   const Error& error) {
  v1::SubscriptionError message;
  message.request_id = request;
  message.query_id = set;
  message.error = error.message();
  send(encode(message), 0);
}

void SessionV1::subscribe_set(Answer answer, uint32_t request, uint32_t set,
                              std::vector<std::string> queries) {
  database().post([s = self(), answer, request, set, queries = std::move(queries)]() mutable {
    int64_t began = s->now_micros();
    if (answer == Answer::kLegacy) {
      // Fine where there was none before.
      (void)s->service().subscriptions().unsubscribe(s->id(), set,
                                                     subscribe::Subscriptions::DroppedRows::kOmit);
      s->forget_queries(set);
    }
    s->subscribe(
        set, std::move(queries),
        [s, answer, request, set, began](Result<subscribe::QuerySetRows> rows) {
          s->subscribed(answer, request, set, s->now_micros() - began, std::move(rows));
        },
        [s](const subscribe::QuerySetRows& update) {
          Blocks blocks;
          for (const subscribe::TableRows& rows : update.tables) s->add_rows(rows, &blocks);
          s->send(s->light_update(blocks, 0), s->service().last_seq());
        },
        [s] {
          s->done();
          s->next_request();
        });
  });
}

void SessionV1::subscribed(Answer answer, uint32_t request, uint32_t set, int64_t micros,
                           Result<subscribe::QuerySetRows> rows) {
  if (!rows) {
    if (answer == Answer::kLegacy) {
      execution_error({"", "", request, {}}, rows.error().message());
    } else {
      subscription_error(request, set, rows.error());
    }
    return;
  }
  Blocks blocks;
  for (const subscribe::TableRows& table : rows->tables) add_rows(table, &blocks);
  v1::DatabaseUpdate update = update_of(blocks);
  std::string message;
  switch (answer) {
    case Answer::kLegacy:
      message = encode(v1::InitialSubscription{std::move(update), request, micros});
      break;
    case Answer::kMulti:
      message = encode(v1::MultiApplied{v1::MultiApplied::Kind::kSubscribe, request,
                                        static_cast<uint64_t>(micros), set, std::move(update)});
      break;
    case Answer::kSingle: {
      v1::SingleApplied applied;
      applied.request_id = request;
      applied.duration = static_cast<uint64_t>(micros);
      applied.query_id = set;
      if (!update.tables.empty()) applied.rows = std::move(update.tables[0]);
      message = encode(applied);
      break;
    }
  }
  send(std::move(message), service().last_seq());
}

void SessionV1::unsubscribe_set(Answer answer, uint32_t request, uint32_t set) {
  database().post([s = self(), answer, request, set] {
    s->done();
    auto rows = s->service().subscriptions().unsubscribe(
        s->id(), set, subscribe::Subscriptions::DroppedRows::kSend);
    if (!rows) {
      s->subscription_error(request, set, rows.error());
      return;
    }
    s->forget_queries(set);
    Blocks blocks;
    for (const subscribe::TableRows& table : rows->tables) s->add_rows(table, &blocks);
    v1::DatabaseUpdate update = update_of(blocks);
    std::string message;
    if (answer == Answer::kSingle) {
      v1::SingleApplied applied;
      applied.kind = v1::SingleApplied::Kind::kUnsubscribe;
      applied.request_id = request;
      applied.query_id = set;
      if (!update.tables.empty()) applied.rows = std::move(update.tables[0]);
      message = s->encode(applied);
    } else {
      message = s->encode(v1::MultiApplied{v1::MultiApplied::Kind::kUnsubscribe, request, 0, set,
                                           std::move(update)});
    }
    s->send(std::move(message), s->service().last_seq());
  });
}

void SessionV1::one_off(std::string message_id, std::string sql) {
  database().run_sql(caller(), sql, [s = self(), message_id, sql](Result<host::SqlReport> report) {
    v1::OneOffQueryResponse response;
    response.message_id = message_id;
    std::string encoded;
    std::string error;
    storage::CommitSeq seq = 0;
    Status made;
    if (report) {
      seq = report->seq;
      response.duration = report->execution_micros;
      auto rows = rows_of_report(*report);
      if (!rows) {
        made = std::move(rows).error();
      } else if (s->format() == v1::Format::kBsatn) {
        rows->append_to(&encoded);
      } else {
        v1::RowFormat format;
        format.type = &report->schema;
        made = v1::append_rows_json(format, rows->view(), &encoded);
      }
    } else {
      made = std::move(report).error();
    }
    if (made) {
      response.tables.push_back({table_named_in(sql), encoded});
    } else {
      error = made.error().message();
      response.error = error;
    }
    s->send(s->encode(response), seq);
    s->done();
    s->next_request();
  });
}

Result<std::string> SessionV1::bsatn_arguments(const Call& call) {
  if (format() == v1::Format::kBsatn) return call.arguments;
  return arguments_from_json(*database().definition(), call.name, call.arguments);
}

void SessionV1::execution_error(const Call& call, std::string_view error) {
  v1::TransactionUpdate update;
  update.status = v1::Failed{error};
  update.timestamp = now_micros();
  update.caller = caller().identity;
  update.connection = caller().connection;
  update.call = {call.name, UINT32_MAX, call.arguments, call.request_id};
  send(encode(update), 0);
}

void SessionV1::call_reducer(Call call) {
  auto arguments = bsatn_arguments(call);
  if (!arguments) {
    execution_error(call, arguments.error().message());
    done();
    return;
  }
  database().call_reducer(
      caller(), call.name, std::move(*arguments),
      [s = self(), call](const CallOutcome& outcome) { s->reducer_done(call, outcome); });
}

void SessionV1::reducer_done(const Call& call, const CallOutcome& outcome) {
  done();
  DatabaseMetrics& metrics = service().metrics();
  metrics.reducer_calls.add();
  metrics.reducer_micros.add(outcome.execution_micros);
  metrics.energy.add(static_cast<int64_t>(outcome.energy));
  if (outcome.status == CallStatus::kOk) {
    service().note_seq(outcome.seq);
    bool quiet = call.notice == v1::CallNotice::kNoSuccessNotify;
    if (quiet && !own_update_) return;
  } else {
    metrics.reducer_failures.add();
    flush_own_update();
  }
  v1::TransactionUpdate update;
  Blocks blocks;
  switch (outcome.status) {
    case CallStatus::kOk:
      if (own_update_) blocks = std::move(own_update_->blocks);
      own_update_.reset();
      update.status = update_of(blocks);
      break;
    case CallStatus::kOutOfEnergy:
      update.status = v1::OutOfEnergy{};
      break;
    default:
      update.status = v1::Failed{outcome.message};
      break;
  }
  update.timestamp = outcome.timestamp_micros != 0 ? outcome.timestamp_micros : now_micros();
  update.caller = caller().identity;
  update.connection = caller().connection;
  auto definition = database().definition();
  auto reducer = definition->find_reducer(call.name);
  update.call = {call.name, reducer ? reducer.id : UINT32_MAX, call.arguments, call.request_id};
  update.energy = outcome.energy;
  update.duration = outcome.execution_micros;
  send(encode(update), outcome.seq);
}

void SessionV1::call_procedure(Call call) {
  auto answer = [s = self(), call](const CallOutcome& outcome) {
    s->done();
    s->flush_own_update();
    v1::ProcedureResult result;
    result.request_id = call.request_id;
    result.timestamp = outcome.timestamp_micros != 0 ? outcome.timestamp_micros : s->now_micros();
    result.duration = outcome.execution_micros;
    std::string value;
    if (outcome.status == CallStatus::kOk) {
      value = outcome.value;
      if (s->format() == v1::Format::kJson) {
        auto json = return_value_json(*s->database().definition(), call.name, outcome.value);
        value = json ? std::move(*json) : "null";
      }
      result.status = v1::ProcedureReturn{value};
    } else if (outcome.status == CallStatus::kOutOfEnergy) {
      result.status = v1::OutOfEnergy{};
    } else {
      result.status = v1::InternalError{outcome.message};
    }
    s->send(s->encode(result), outcome.seq);
  };
  auto arguments = bsatn_arguments(call);
  if (!arguments) {
    CallOutcome refused;
    refused.status = CallStatus::kBadArguments;
    refused.message = arguments.error().message();
    database().post([answer, refused] { answer(refused); });
    return;
  }
  database().call_procedure(caller(), call.name, std::move(*arguments), answer);
}

void SessionV1::on_update(UpdateEncoder& encoder, std::span<const Delivery> deliveries,
                          const host::CommitEvent& event) {
  flush_own_update();
  if (!event.caller.is_zero() && event.caller == caller().connection) {
    own_update_ = OwnUpdate{blocks_of(encoder, deliveries), event.seq};
    return;
  }
  bool json = format() == v1::Format::kJson;
  bool light = options().updates == Updates::kLight;
  char kind = light ? (json ? 'j' : 'b') : (json ? 'J' : 'B');
  send(encoder.shared(kind, deliveries,
                      [&] {
                        Blocks blocks = blocks_of(encoder, deliveries);
                        if (light) return light_update(blocks, 0);
                        // Who called what is nobody else's business.
                        v1::TransactionUpdate update;
                        update.status = update_of(blocks);
                        update.timestamp = event.timestamp_micros;
                        update.caller = event.sender;
                        update.connection = event.caller;
                        return encode(update);
                      }),
       event.seq);
}

void SessionV1::flush_own_update() {
  if (!own_update_) return;
  OwnUpdate update = std::move(*own_update_);
  own_update_.reset();
  send(light_update(update.blocks, 0), update.seq);
}

void SessionV1::on_set_failed(subscribe::QuerySetId set, const Error& error) {
  forget_queries(set);
  subscription_error(std::nullopt, set == kLegacySet ? std::nullopt : std::optional<uint32_t>(set),
                     error);
}

}  // namespace orrery::server::ws
