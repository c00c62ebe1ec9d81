# orrery_embed_templates(OUT): writes OUT, a source file with the files of templates/ for src/cli/templates.h.
include_guard()

function(orrery_embed_templates OUT)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/templates ${CMAKE_SOURCE_DIR}/templates/*)
  list(FILTER files EXCLUDE REGEX "/build/")
  set(entries "")
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/templates/${file})
    # By bytes: as text CMake would take brackets and semicolons for its own.
    file(READ ${CMAKE_SOURCE_DIR}/templates/${file} bytes HEX)
    string(LENGTH "${bytes}" length)
    math(EXPR length "${length} / 2")
    string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
    string(FIND "${file}" "/" slash)
    string(SUBSTRING "${file}" 0 ${slash} project)
    math(EXPR slash "${slash} + 1")
    string(SUBSTRING "${file}" ${slash} -1 path)
    string(APPEND entries "    {\"${project}\", \"${path}\", {\"${bytes}\", ${length}}},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${OUT} @ONLY NEWLINE_STYLE UNIX CONTENT
"// Made by cmake/OrreryTemplates.cmake.
#include \"cli/templates.h\"

namespace orrery::cli {

std::span<const TemplateFile> template_files() {
  static constexpr TemplateFile kFiles[] = {
@entries@  };
  return kFiles;
}

}  // namespace orrery::cli
")
endfunction()
