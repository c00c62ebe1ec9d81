# Reads Debian control paragraphs (apt-cache dumpavail) and writes two CSV files: packages and dependencies.
# Variables: packages_csv, dependencies_csv.
function quote(s) { gsub(/"/, "\"\"", s); return "\"" s "\"" }
function flush_paragraph(   n, i, parts, name, constraint, open) {
  if (package != "" && !(package in seen)) {
    seen[package] = ++id
    print id "," quote(package) "," quote(version) "," quote(section) "," quote(priority) "," (installed_size + 0) "," \
      (size + 0) "," quote(maintainer) > packages_csv
    n = split(depends, parts, /[,|][ ]*/)
    for (i = 1; i <= n; ++i) {
      name = parts[i]; constraint = ""
      open = index(name, "(")
      if (open > 0) { constraint = substr(name, open); name = substr(name, 1, open - 1) }
      gsub(/[ \t]|:any/, "", name)
      if (name != "") print ++edge "," id "," quote(name) "," quote(constraint) > dependencies_csv
    }
  }
  package = version = section = priority = maintainer = depends = ""
  installed_size = size = 0
}
BEGIN {
  print "id,name,version,section,priority,installed_kib,size_bytes,maintainer" > packages_csv
  print "id,package_id,target,version_constraint" > dependencies_csv
}
/^$/ { flush_paragraph(); next }
/^Package: / { package = substr($0, 10) }
/^Version: / { version = substr($0, 10) }
/^Section: / { section = substr($0, 10) }
/^Priority: / { priority = substr($0, 11) }
/^Installed-Size: / { installed_size = substr($0, 17) }
/^Size: / { size = substr($0, 7) }
/^Maintainer: / { maintainer = substr($0, 13) }
/^Depends: / { depends = substr($0, 10) }
END { flush_paragraph() }
