# Writes a source with the page around its data: cmake -DPAGE=page.html -DSTYLE=... -DSCRIPTS=a,b -DCHART=... -DOUT=... -P page.cmake
# The scripts share one scope; they follow each other in the order given, behind the chart library.
cmake_policy(VERSION 3.25)
foreach(part PAGE STYLE CHART)
  file(READ ${${part}} ${part})
endforeach()
string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
set(script "")
foreach(file IN LISTS SCRIPTS)
  file(READ ${file} text)
  string(APPEND script "${text}\n")
endforeach()
string(REGEX REPLACE "//# sourceMappingURL=[^\n]*" "" CHART "${CHART}")  # a browser's tools would go and look for it
string(REPLACE "@STYLE@" "${STYLE}" PAGE "${PAGE}")
string(REPLACE "@CHART@" "${CHART}" PAGE "${PAGE}")
string(REPLACE "@SCRIPT@" "${script}" PAGE "${PAGE}")
string(FIND "${PAGE}" "@DATA@" at)
string(SUBSTRING "${PAGE}" 0 ${at} before)
math(EXPR at "${at} + 6")
string(SUBSTRING "${PAGE}" ${at} -1 after)
file(WRITE ${OUT} "#include \"sim/page/page.hpp\"

namespace deltasim::sim {

const std::string_view page_before_data = R\"~page~(${before})~page~\";
const std::string_view page_after_data = R\"~page~(${after})~page~\";

}  // namespace deltasim::sim
")
