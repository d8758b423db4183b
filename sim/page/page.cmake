# Writes a source with a page around its data: cmake -DNAME=page -DPAGE=page.html -DWORDS=words.html -DSTYLE=... -DSCRIPTS=a,b
# -DCHART=... -DOUT=... -P page.cmake; NAME begins the names of its two halves
# The scripts share one scope; they follow each other in the order given, behind the chart library.
cmake_policy(VERSION 3.25)
foreach(part PAGE WORDS STYLE CHART)
  file(READ ${${part}} ${part})
endforeach()
string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
set(script "")
foreach(file IN LISTS SCRIPTS)
  file(READ ${file} text)
  string(APPEND script "${text}\n")
endforeach()
string(REGEX REPLACE "//# sourceMappingURL=[^\n]*" "" CHART "${CHART}")  # a browser's tools would go and look for it
string(REPLACE "@WORDS@" "${WORDS}" PAGE "${PAGE}")
string(REPLACE "@STYLE@" "${STYLE}" PAGE "${PAGE}")
string(REPLACE "@CHART@" "${CHART}" PAGE "${PAGE}")
string(REPLACE "@SCRIPT@" "${script}" PAGE "${PAGE}")
string(FIND "${PAGE}" "@DATA@" at)
string(SUBSTRING "${PAGE}" 0 ${at} before)
math(EXPR at "${at} + 6")
string(SUBSTRING "${PAGE}" ${at} -1 after)
file(WRITE ${OUT} "#include <string_view>

namespace deltasim::sim {

extern const std::string_view ${NAME}_before_data, ${NAME}_after_data;
const std::string_view ${NAME}_before_data = R\"~page~(${before})~page~\";
const std::string_view ${NAME}_after_data = R\"~page~(${after})~page~\";

}  // namespace deltasim::sim
")
