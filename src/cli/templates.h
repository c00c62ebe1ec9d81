// The module projects that `orrery init` copies; the build puts the files of templates/ into the
// program.
#pragma once

#include <span>
#include <string_view>

namespace orrery::cli {

struct TemplateFile {
  std::string_view project;  ///< "chat-cpp"
  std::string_view path;     ///< in the project: "src/module.cpp"
  std::string_view text;
};

std::span<const TemplateFile> template_files();

}  // namespace orrery::cli
