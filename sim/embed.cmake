# Writes a source with the text of files in it: cmake -DROOT=... -DFILES=a,b -DOUT=... -P embed.cmake
# Names are paths below ROOT. The text lies between delimiters that no JSON has.
string(REPLACE "," ";" FILES "${FILES}")
set(entries "")
foreach(file IN LISTS FILES)
  file(READ ${ROOT}/${file} text)
  string(APPEND entries "    {\"${file}\", R\"~embedded~(${text})~embedded~\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"sim/embedded.hpp\"

#include <stdexcept>
#include <utility>

namespace deltasim::sim {
namespace {

constexpr std::pair<std::string_view, std::string_view> files[] = {
${entries}};

}  // namespace

std::string_view embedded(std::string_view name) {
  for (const auto& [known, text] : files)
    if (known == name) return text;
  throw std::logic_error(\"no embedded file \" + std::string(name));
}

std::vector<std::string> embedded_names() {
  std::vector<std::string> names;
  for (const auto& [name, text] : files) names.emplace_back(name);
  return names;
}

}  // namespace deltasim::sim
")
