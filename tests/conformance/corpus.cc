#include "corpus.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace conformance {
namespace {

using orrery::types::JsonKind;
using orrery::types::JsonValue;
using Fixtures = std::map<std::string, std::vector<std::string>>;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "conformance: %s\n", what.c_str());
  std::exit(2);
}

JsonValue parse(const std::string& text, const std::string& from) {
  auto json = JsonValue::parse(text);
  if (!json) give_up(from + ": " + json.error().message());
  return *std::move(json);
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) give_up("cannot read " + path.string());
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string text_member(const JsonValue& json, const char* name, const std::string& otherwise) {
  const JsonValue* member = json.find(name);
  return member == nullptr || !member->is(JsonKind::kString) ? otherwise : member->as_string();
}

bool flag_member(const JsonValue& json, const char* name) {
  const JsonValue* member = json.find(name);
  return member != nullptr && member->is(JsonKind::kBool) && member->as_bool();
}

int32_t int_member(const JsonValue& json, const char* name) {
  const JsonValue* member = json.find(name);
  return member == nullptr ? 0 : static_cast<int32_t>(member->as_int64().value_or(0));
}

Operation read_operation(const std::string& name) {
  if (name.empty()) return Operation::kSql;
  if (name == "begin") return Operation::kBegin;
  if (name == "commit") return Operation::kCommit;
  if (name == "rollback") return Operation::kRollback;
  if (name == "reopen") return Operation::kReopen;
  if (name == "sleep") return Operation::kSleep;
  give_up("unknown op " + name);
}

Step read_step(const JsonValue& json) {
  Step step;
  step.operation = read_operation(text_member(json, "op", ""));
  step.sql = text_member(json, "sql", "");
  step.handle = text_member(json, "handle", "a");
  step.call = text_member(json, "call", "exec") == "query" ? Call::kQuery : Call::kExec;
  step.fails = flag_member(json, "fails");
  step.isolation = int_member(json, "isolation");
  step.on = text_member(json, "on", "a");
  step.milliseconds = int_member(json, "ms");
  if (const JsonValue* params = json.find("params")) {
    if (params->is(JsonKind::kObject)) {
      step.named = true;
      for (const auto& [name, value] : params->members()) {
        step.named_params.push_back({name, read_cell(value)});
      }
    } else {
      for (const JsonValue& value : params->items()) step.params.push_back(read_cell(value));
    }
  }
  return step;
}

void read_setup(const JsonValue& setup, const Fixtures& fixtures, std::vector<Step>* out) {
  for (const JsonValue& item : setup.items()) {
    if (!item.is(JsonKind::kString)) {
      out->push_back(read_step(item));
      continue;
    }
    const std::string& text = item.as_string();
    if (!text.starts_with("@")) {
      out->emplace_back().sql = text;
      continue;
    }
    auto found = fixtures.find(text.substr(1));
    if (found == fixtures.end()) give_up("no fixture " + text);
    for (const std::string& sql : found->second) out->emplace_back().sql = sql;
  }
}

/// The members that say what is right: of the case itself, or of `right` in defects.
void read_answer(const JsonValue& json, Case* out) {
  if (const JsonValue* columns = json.find("columns")) {
    out->columns.emplace();
    for (const JsonValue& column : columns->items()) {
      out->columns->push_back(column.is(JsonKind::kString)
                                  ? std::optional<std::string>(column.as_string())
                                  : std::nullopt);
    }
  }
  if (const JsonValue* rows = json.find("rows")) {
    out->rows.emplace();
    for (const JsonValue& row : rows->items()) {
      ExpectedRow& expected = out->rows->emplace_back();
      for (const JsonValue& cell : row.items()) expected.push_back(read_expected(cell));
    }
  }
  if (flag_member(json, "ordered")) out->order = RowOrder::kAsGiven;
  if (flag_member(json, "loose_numeric")) out->numbers = Numbers::kLoose;
  if (const JsonValue* contains = json.find("contains")) {
    out->contains.emplace();
    for (const JsonValue& text : contains->items()) out->contains->push_back(text.as_string());
  }
  if (const JsonValue* affected = json.find("affected")) out->affected = affected->as_int64();
  if (const JsonValue* error = json.find("error")) {
    out->error = ExpectedError{text_member(*error, "must", "")};
  }
}

Case read_case(const JsonValue& json, const std::string& file, const Fixtures& fixtures) {
  Case out;
  out.id = text_member(json, "id", "?");
  out.feature = file == "defects" ? "defects" : text_member(json, "feature", file);
  read_setup(*json.find("setup"), fixtures, &out.setup);
  out.step = read_step(json);
  out.on_disk = text_member(json, "store", "") == "file";
  if (file == "defects") {
    const JsonValue* right = json.find("right");
    if (right != nullptr && right->is(JsonKind::kObject)) read_answer(*right, &out);
  } else {
    read_answer(json, &out);
  }
  return out;
}

}  // namespace

std::vector<Case> load_corpus(const std::string& folder) {
  Fixtures fixtures;
  const JsonValue json = parse(read_text(folder + "/fixtures.json"), "fixtures.json");
  for (const auto& [name, list] : json.members()) {
    for (const JsonValue& sql : list.items()) fixtures[name].push_back(sql.as_string());
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Case> out;
  for (const auto& path : files) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
      if (line.empty()) continue;
      out.push_back(read_case(parse(line, path.string()), path.stem().string(), fixtures));
    }
  }
  return out;
}

}  // namespace conformance
