#include "cli/line_editor.h"

#include <histedit.h>
#include <langinfo.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>

namespace orrery::cli {

struct LineEditor::Impl {
  Completer completer;
  bool terminal = false;
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::string history_path;
  std::string prompt;
};

namespace {

std::string find_history_path() {
  if (const char* path = std::getenv("ORRERY_HISTORY")) return path;
  if (const char* state = std::getenv("XDG_STATE_HOME")) {
    std::string folder = std::string(state) + "/orrery";
    mkdir(state, 0700);
    mkdir(folder.c_str(), 0700);
    return folder + "/history";
  }
  if (const char* home = std::getenv("HOME")) return std::string(home) + "/.orrery_history";
  return "";
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || (c & 0x80) != 0;
}

char* prompt_of(EditLine* editor) {
  void* data = nullptr;
  el_get(editor, EL_CLIENTDATA, &data);
  return static_cast<std::string*>(data)->data();
}

/// libedit gives callbacks one pointer; the prompt holds it, so the completer and the bell of the
/// one editor stand here.
LineEditor::Completer* active_completer = nullptr;
int active_bell = -1;

/// Waits for typing or the bell. A signal that came before the wait has rung the bell, where a
/// plain read() would sleep on.
bool wait_for_input() {
  pollfd sources[2] = {{STDIN_FILENO, POLLIN, 0}, {active_bell, POLLIN, 0}};
  for (;;) {
    if (poll(sources, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return true;  // read() will say what is wrong
    }
    if (sources[1].revents != 0) {
      errno = EINTR;
      return false;
    }
    if (sources[0].revents != 0) return true;
  }
}

enum class Decoded { kCharacter, kUnfinished, kNone };

Decoded decode(const char* bytes, size_t size, wchar_t* to) {
  std::mbstate_t state = {};
  const size_t used = std::mbrtowc(to, bytes, size, &state);
  if (used == static_cast<size_t>(-2)) return Decoded::kUnfinished;
  return used == static_cast<size_t>(-1) ? Decoded::kNone : Decoded::kCharacter;
}

/// As libedit wants it: 1 and a character, 0 at the end, -1 and errno. What is no UTF-8 is dropped.
int read_character(EditLine*, wchar_t* to) {
  char bytes[MB_LEN_MAX];
  size_t size = 0;
  for (;;) {
    if (!wait_for_input()) return -1;
    const ssize_t n = read(STDIN_FILENO, bytes + size, 1);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return static_cast<int>(n);
    Decoded decoded = decode(bytes, ++size, to);
    if (decoded == Decoded::kNone && size > 1) {
      // The last byte may begin another one.
      bytes[0] = bytes[size - 1];
      size = 1;
      decoded = decode(bytes, size, to);
    }
    if (decoded == Decoded::kCharacter) return 1;
    if (decoded == Decoded::kNone || size == sizeof(bytes)) size = 0;
  }
}

/// Text is UTF-8 here, whatever the caller's locale says.
void choose_characters() {
  std::setlocale(LC_CTYPE, "");
  if (std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) std::setlocale(LC_CTYPE, "C.UTF-8");
}

unsigned char complete(EditLine* editor, int) {
  const LineInfo* line = el_line(editor);
  const char* start = line->cursor;
  while (start > line->buffer && is_word(start[-1])) --start;
  std::string word(start, line->cursor);
  if (active_completer == nullptr || word.empty()) return CC_ERROR;
  std::vector<std::string> words = (*active_completer)(word);
  if (words.empty()) return CC_ERROR;
  std::string common = words[0];
  for (const std::string& w : words) {
    size_t n = 0;
    while (n < common.size() && n < w.size() && std::tolower(common[n]) == std::tolower(w[n])) ++n;
    common.resize(n);
  }
  if (words.size() == 1) common = words[0] + " ";
  if (common.size() > word.size() || (words.size() == 1)) {
    el_deletestr(editor, static_cast<int>(word.size()));
    el_insertstr(editor, common.c_str());
    return CC_REFRESH;
  }
  std::fputc('\n', stdout);
  for (size_t i = 0; i < std::min<size_t>(words.size(), 60); ++i)
    std::printf("%-24s%s", words[i].c_str(), i % 4 == 3 ? "\n" : "");
  std::fputc('\n', stdout);
  return CC_REDISPLAY;
}

}  // namespace

LineEditor::LineEditor(Completer completer, int bell) : impl_(new Impl) {
  impl_->completer = std::move(completer);
  impl_->terminal = isatty(STDIN_FILENO) != 0;
  if (!impl_->terminal) return;
  active_completer = &impl_->completer;
  active_bell = bell;
  choose_characters();
  impl_->editor = el_init("orrery", stdin, stdout, stderr);
  impl_->history = history_init();
  HistEvent event;
  history(impl_->history, &event, H_SETSIZE, 2000);
  history(impl_->history, &event, H_SETUNIQUE, 1);
  impl_->history_path = find_history_path();
  if (!impl_->history_path.empty())
    history(impl_->history, &event, H_LOAD, impl_->history_path.c_str());
  el_set(impl_->editor, EL_CLIENTDATA, &impl_->prompt);
  el_set(impl_->editor, EL_PROMPT, prompt_of);
  el_set(impl_->editor, EL_EDITOR, "emacs");
  el_set(impl_->editor, EL_HIST, history, impl_->history);
  el_set(impl_->editor, EL_ADDFN, "complete", "complete the word", complete);
  el_set(impl_->editor, EL_BIND, "^I", "complete", nullptr);
  el_set(impl_->editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_set(impl_->editor, EL_SIGNAL, 0);
  el_set(impl_->editor, EL_GETCFN, read_character);
}

LineEditor::~LineEditor() {
  active_completer = nullptr;
  active_bell = -1;
  if (impl_->editor != nullptr) {
    HistEvent event;
    if (!impl_->history_path.empty())
      history(impl_->history, &event, H_SAVE, impl_->history_path.c_str());
    el_end(impl_->editor);
    history_end(impl_->history);
  }
}

LineEditor::Outcome LineEditor::read(const std::string& prompt, std::string* line) {
  line->clear();
  if (!impl_->terminal) {
    int c;
    while ((c = std::getc(stdin)) != EOF && c != '\n') line->push_back(static_cast<char>(c));
    return c == EOF && line->empty() ? Outcome::kEnd : Outcome::kLine;
  }
  impl_->prompt = prompt;
  // Before the prompt, which libedit shows first: keys typed as soon as it is seen, Ctrl-D above
  // all, must not meet the terminal's own line mode.
  el_set(impl_->editor, EL_PREP_TERM, 1);
  int length = 0;
  errno = 0;
  const char* text = el_gets(impl_->editor, &length);
  if (text == nullptr || length <= 0) {
    if (errno == EINTR) {
      el_reset(impl_->editor);
      std::fputc('\n', stdout);
      return Outcome::kInterrupted;
    }
    return Outcome::kEnd;
  }
  line->assign(text, static_cast<size_t>(length));
  while (!line->empty() && (line->back() == '\n' || line->back() == '\r')) line->pop_back();
  return Outcome::kLine;
}

void LineEditor::remember(const std::string& statement) {
  if (impl_->history == nullptr || statement.empty()) return;
  std::string one_line = statement;
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  HistEvent event;
  history(impl_->history, &event, H_ENTER, one_line.c_str());
}

}  // namespace orrery::cli
