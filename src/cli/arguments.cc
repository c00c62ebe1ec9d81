#include "cli/command.h"

namespace orrery::cli {
namespace {

const Option* find_option(std::span<const Option> options, std::string_view name) {
  for (const Option& option : options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

const Option* find_letter(std::span<const Option> options, char letter) {
  for (const Option& option : options) {
    if (option.letter == letter && letter != 0) return &option;
  }
  return nullptr;
}

bool is_number(std::string_view word) {
  return word.size() > 1 && ((word[1] >= '0' && word[1] <= '9') || word[1] == '.');
}

Error unknown(std::span<const Option> options, std::string_view word) {
  std::vector<std::string_view> names;
  for (const Option& option : options) names.push_back(option.name);
  std::string message = "no option is called '" + std::string(word) + "'";
  std::string_view near =
      word.starts_with("--") ? nearest_name(word.substr(2), names) : std::string_view();
  if (!near.empty()) message += "; did you mean --" + std::string(near) + "?";
  return usage_error(std::move(message));
}

Status check_choice(const Option& option, std::string_view value) {
  if (option.choices.empty()) return {};
  std::string_view left = option.choices;
  while (!left.empty()) {
    size_t end = left.find(' ');
    if (left.substr(0, end) == value) return {};
    left = end == std::string_view::npos ? "" : left.substr(end + 1);
  }
  return usage_error("--" + std::string(option.name) + " is one of: " +
                     std::string(option.choices) + " (not '" + std::string(value) + "')");
}

/// One word with its option, which may take the next word.
struct Given {
  const Option* option = nullptr;
  std::optional<std::string> value;
};

}  // namespace

std::optional<std::string> Arguments::value(std::string_view option) const {
  auto [first, last] = values_.equal_range(option);
  if (first == last) return std::nullopt;
  return std::prev(last)->second;
}

std::string Arguments::value_or(std::string_view option, std::string_view fallback) const {
  return value(option).value_or(std::string(fallback));
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  std::vector<std::string> out;
  auto [first, last] = values_.equal_range(option);
  for (; first != last; ++first) {
    if (first->second) out.push_back(*first->second);
  }
  return out;
}

Result<Arguments> parse_arguments(std::span<const Option> options,
                                  const std::vector<std::string>& words) {
  Arguments out;
  bool only_positional = false;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (only_positional || word.size() < 2 || word[0] != '-' || is_number(word)) {
      out.positional_.emplace_back(word);
      continue;
    }
    if (word == "--") {
      only_positional = true;
      continue;
    }
    Given given;
    size_t equals = word.find('=');
    if (word[1] == '-') {
      given.option =
          find_option(options, word.substr(2, equals == word.npos ? equals : equals - 2));
    } else {
      given.option = find_letter(options, word[1]);
      // -n5 and -n=5 are the same.
      if (given.option != nullptr && word.size() > 2) {
        if (given.option->takes == Option::Takes::kNothing) return unknown(options, word);
        equals = word[2] == '=' ? 2 : 1;
      }
    }
    if (given.option == nullptr) return unknown(options, word.substr(0, equals));
    const Option& option = *given.option;
    if (equals != word.npos) given.value = std::string(word.substr(equals + 1));
    if (given.value && option.takes == Option::Takes::kNothing) {
      return usage_error("--" + std::string(option.name) + " takes no value");
    }
    if (!given.value && option.takes == Option::Takes::kValue) {
      if (i + 1 >= words.size()) {
        return usage_error("--" + std::string(option.name) +
                           " wants a value: " + std::string(option.value));
      }
      given.value = words[++i];
    }
    if (given.value) ORRERY_TRY(check_choice(option, *given.value));
    out.values_.emplace(std::string(option.name), std::move(given.value));
  }
  return out;
}

}  // namespace orrery::cli
