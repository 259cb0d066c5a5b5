# Finds the libraries that compress the pages of kdump files, and defines PageCodecs::PageCodecs: all of them.
#
# Debian has zlib1g-dev, libdeflate-dev, liblzo2-dev, libsnappy-dev and libzstd-dev; most of them bring no CMake package.

set(page_codecs z deflate lzo2 snappy zstd)
set(page_codec_headers zlib.h libdeflate.h lzo/lzo1x.h snappy.h zstd.h)
set(page_codec_variables)
foreach(codec header IN ZIP_LISTS page_codecs page_codec_headers)
  find_path(PageCodecs_${codec}_INCLUDE_DIR NAMES ${header})
  find_library(PageCodecs_${codec}_LIBRARY NAMES ${codec})
  mark_as_advanced(PageCodecs_${codec}_INCLUDE_DIR PageCodecs_${codec}_LIBRARY)
  list(APPEND page_codec_variables PageCodecs_${codec}_LIBRARY PageCodecs_${codec}_INCLUDE_DIR)
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(PageCodecs REQUIRED_VARS ${page_codec_variables})

if(PageCodecs_FOUND AND NOT TARGET PageCodecs::PageCodecs)
  add_library(PageCodecs::PageCodecs INTERFACE IMPORTED)
  foreach(codec IN LISTS page_codecs)
    set_property(TARGET PageCodecs::PageCodecs APPEND PROPERTY
      INTERFACE_INCLUDE_DIRECTORIES "${PageCodecs_${codec}_INCLUDE_DIR}")
    set_property(TARGET PageCodecs::PageCodecs APPEND PROPERTY
      INTERFACE_LINK_LIBRARIES "${PageCodecs_${codec}_LIBRARY}")
  endforeach()
endif()
