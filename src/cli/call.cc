// orrery call.
#include <cstdio>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/project_config.h"
#include "cli/remote_schema.h"
#include "cli/server_client.h"
#include "types/algebraic_text.h"
#include "types/json.h"

namespace orrery::cli {
using types::AlgebraicType;
using types::JsonKind;
using types::JsonValue;

namespace {

constexpr Option kOptions[] = {kServerOption, kAnonymousOption, kNoConfigOption,
                               kYesOption,    kJsonOption,      kHelpOption};

struct Function {
  AlgebraicType params;
  const schema::ModuleDef* module = nullptr;
};

Result<Function> find_function(const schema::ModuleDef& module, const std::string& database,
                               const std::string& name) {
  if (auto reducer = module.find_reducer(name))
    return Function{reducer.def->params, reducer.module};
  if (auto procedure = module.find_procedure(name)) {
    return Function{procedure.def->params, procedure.module};
  }
  std::vector<std::string_view> names;
  std::string list;
  auto add = [&](const std::string& function, const schema::ModuleDef& owner,
                 const AlgebraicType& params) {
    names.push_back(function);
    list += "\n  " + function + parameters_text(owner, params);
  };
  for (const auto& reducer : module.all_reducers()) {
    bool callable = !reducer.def->lifecycle &&
                    reducer.def->visibility == schema::FunctionVisibility::kClientCallable;
    if (callable) add(reducer.def->qualified_name, *reducer.module, reducer.def->params);
  }
  for (const auto& procedure : module.all_procedures()) {
    if (procedure.def->visibility != schema::FunctionVisibility::kClientCallable) continue;
    add(procedure.def->qualified_name, *procedure.module, procedure.def->params);
  }
  std::string message = "'" + database + "' has no reducer or procedure '" + name + "'";
  std::string_view near = nearest_name(name, names);
  if (!near.empty()) message += "; did you mean " + std::string(near) + "?";
  return not_found_error(message + (list.empty() ? "" : "\nThere are:" + list));
}

/// One word as JSON: texts need no quotes, identities neither.
Result<std::string> argument_json(const std::string& word, const AlgebraicType& type) {
  if (type.is(types::TypeKind::kString) &&
      !(word.size() > 1 && word.starts_with('"') && word.ends_with('"'))) {
    std::string out;
    types::append_json_string(word, &out);
    return out;
  }
  if (type.is(types::TypeForm::kIdentity)) {
    if (auto identity = types::parse_identity(word)) {
      return "[\"0x" + types::identity_to_text(*identity) + "\"]";
    }
  }
  if (Status valid = types::json_validate(word); !valid) {
    return usage_error("'" + word + "' is no JSON (for a " + type.to_string() +
                       "): " + valid.error().message());
  }
  return word;
}

Result<std::string> arguments_json(const Function& function, const std::string& name,
                                   const std::vector<std::string>& words) {
  auto params = function.params.elements();
  if (words.size() != params.size()) {
    return usage_error(name + " takes " + std::to_string(params.size()) +
                       (params.size() == 1 ? " argument" : " arguments") + ", not " +
                       std::to_string(words.size()) + ": " + name +
                       parameters_text(*function.module, function.params));
  }
  std::string out = "[";
  for (size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += ",";
    auto type = function.module->typespace().resolve(params[i].type);
    ORRERY_TRY_ASSIGN(std::string json, argument_json(words[i], type ? *type : params[i].type));
    out += json;
  }
  return out + "]";
}

Result<int> run(const Arguments& arguments) {
  ORRERY_TRY_ASSIGN(DatabaseWords words, take_database(arguments, Rest::kAtLeast, 1,
                                                       "the reducer or procedure to call"));
  std::string name = words.rest[0];
  words.rest.erase(words.rest.begin());
  ORRERY_TRY_ASSIGN(ServerClient client,
                    ServerClient::open(arguments, words.server, Login::kLocal));
  ORRERY_TRY_ASSIGN(schema::ModuleDef module, fetch_schema(client, words.database));
  ORRERY_TRY_ASSIGN(Function function, find_function(module, words.database, name));
  ORRERY_TRY_ASSIGN(std::string json, arguments_json(function, name, words.rest));
  ORRERY_TRY_ASSIGN(
      server::http::ClientResponse answer,
      client.send({.method = "POST",
                   .path = database_path(words.database, "/call/" + path_segment(name)),
                   .body = json,
                   .content_type = "application/json",
                   .what = "calling " + name}));
  if (answer.status == 530) return failed_error(name + ": " + answer.body);
  if (answer.status == 400) {
    return usage_error(answer.body + "\nIt is " + name +
                       parameters_text(*function.module, function.params));
  }
  ORRERY_TRY(client.check(answer, "'" + words.database + "'"));
  if (!answer.body.empty()) {
    std::printf("%s\n", answer.body.c_str());
  } else if (arguments.has("json")) {
    std::printf("null\n");
  }
  return kExitOk;
}

}  // namespace

constexpr Command kCallCommand = {
    .name = "call",
    .summary = "call a reducer or procedure of a database",
    .usage = "[DATABASE] FUNCTION [ARGUMENT...] [options]",
    .about =
        "Calls a function of a database's module and prints what a procedure returns. Each\n"
        "argument is JSON; texts may stand without their quotes. A reducer that fails says\n"
        "why, and leaves nothing behind.\n",
    .options = kOptions,
    .examples =
        "  orrery call chat send_message 'hello, world'\n"
        "  orrery call game move_to 7 '{\"x\": 1.5, \"y\": -2}'\n"
        "  orrery call chat delete_message 12 --anonymous    refused: it is not yours\n",
    .run = run,
};

}  // namespace orrery::cli
